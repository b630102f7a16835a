import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventsModule } from '@ticketbuddy/events';
import { type Broker, brokerMigrations, createEmbeddedBroker } from '@ticketbuddy/messaging';
import { createRabbitBroker } from '@ticketbuddy/messaging/rabbitmq';
import {
  createPool,
  isTransient,
  migrate,
  type Notifications,
  PostgresNotifications,
  startEmbedded,
} from '@ticketbuddy/postgres';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { startRabbitMq } from '@ticketbuddy/testing';
import { ticketsModule } from '@ticketbuddy/tickets';
import { endWhenInterrupted } from './interrupted.ts';
import { urn } from './message-stock.ts';

/** The queues of our two brokers; what is published as `urn` reaches both. */
export const queue = { name: 'bench', urns: [urn] };

export type Servers = Awaited<ReturnType<typeof startServers>>;

/** A broker that is listened to, for one turn. */
export type Turn = {
  readonly broker: Broker;
  readonly notifications: Notifications;
  start(): Promise<void>;
  end(): Promise<void>;
};

/**
 * PostgreSQL as `npm start` runs it (a commit is on disk) with our tables, a RabbitMQ, and our brokers on both. Nothing
 * may fail here: a failed or parked message ends the run.
 */
export async function startServers() {
  const folder = await mkdtemp(join(tmpdir(), 'ticketbuddy-bench-'));
  const [server, rabbitMq] = [await startEmbedded({ dataFolder: folder }), await startRabbitMq()];
  const end = async () => {
    await Promise.all([rabbitMq.stop(), server.stop()]);
    await rm(folder, { recursive: true, force: true });
  };
  endWhenInterrupted(end);
  const pool = createPool({ url: server.url, connections: 16 });
  await migrate(pool, [brokerMigrations, eventsModule.migrations, ticketsModule.migrations]);
  const rabbit = await createRabbitBroker({ url: rabbitMq.url, sender, report, isTransient });
  await rabbit.declare([queue]);
  await createEmbeddedBroker({ pool, notifications: nobody, report, isTransient }).declare([queue]);
  const turn = (brokerOn: (notifications: Notifications) => Broker): Turn => {
    const notifications = new PostgresNotifications(server.url);
    const [start, end] = [() => notifications.start(), () => notifications.stop()];
    return { broker: brokerOn(notifications), notifications, start, end };
  };
  return {
    pool,
    db: createDatabase<never>(pool),
    rabbit,
    rabbitUrl: rabbitMq.url,
    onPostgres: () => turn((notifications) => createEmbeddedBroker({ pool, notifications, report, isTransient })),
    onRabbitMq: () => turn(() => rabbit),
    async stop() {
      await Promise.all([rabbit.stop(), pool.end()]);
      await end();
    },
  };
}

const nobody: Notifications = { listen: () => undefined, stop: async () => undefined };

const sender = {
  machineName: 'bench',
  processName: 'ticketbuddy',
  processId: process.pid,
  address: 'rabbitmq://localhost/ticketbuddy?temporary=true',
};

const report = { failed: giveUp, parked: giveUp, disconnected: giveUp };

function giveUp(...why: unknown[]): never {
  throw new Error('a message could not be handled', { cause: why });
}
