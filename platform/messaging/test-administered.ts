import { randomUUID } from 'node:crypto';
import { PostgresNotifications } from '@ticketbuddy/postgres';
import { aMessage, createTestDatabase, type VirtualHost } from '@ticketbuddy/testing';
import { vi } from 'vitest';
import type { BrokerAdmin, ParkedMessage } from './broker-admin.ts';
import { createEmbeddedAdmin } from './embedded-admin.ts';
import { createEmbeddedBroker } from './embedded-broker.ts';
import type { Broker, Handle, Message, Queue } from './message.ts';
import { createRabbitAdmin } from './rabbitmq-admin.ts';
import { createRabbitBroker } from './rabbitmq-broker.ts';

/** A broker with one queue, and the admin that looks after it. */
export type Administered = {
  readonly broker: Broker;
  readonly admin: BrokerAdmin;
  readonly queue: Queue;
  /** From now on nothing can be put back into the queue. */
  closeQueue(): Promise<void>;
  stop(): Promise<void>;
};

const surroundings = {
  report: { failed: () => undefined, parked: () => undefined, disconnected: () => undefined },
  isTransient: () => false,
};

export async function embeddedAdministered(): Promise<Administered> {
  const { pool, url, drop } = await createTestDatabase(5);
  const notifications = new PostgresNotifications(url);
  const broker = createEmbeddedBroker({ pool, notifications, ...surroundings });
  await notifications.start();
  return {
    broker,
    admin: createEmbeddedAdmin(pool),
    queue: await aQueue(broker),
    async closeQueue() {
      await pool.query(`
        create function broker.refuse() returns trigger language plpgsql as $$ begin raise 'the queue is closed'; end $$;
        create trigger closed before update on broker.messages for each row when (new.parked_at is null)
          execute function broker.refuse()`);
    },
    async stop() {
      await notifications.stop();
      await drop();
    },
  };
}

export async function rabbitAdministered({ url, ctl }: VirtualHost): Promise<Administered> {
  const address = 'rabbitmq://localhost/test?temporary=true';
  const sender = { machineName: 'test', processName: 'test', processId: process.pid, address };
  const broker = await createRabbitBroker({ url, sender, ...surroundings });
  const admin = createRabbitAdmin({ url });
  const queue = await aQueue(broker);
  return {
    broker,
    admin,
    queue,
    closeQueue: async () => void (await ctl('delete_queue', queue.name)),
    async stop() {
      await Promise.all([broker.stop(), admin.close()]);
    },
  };
}

/** Publishes messages, one of each key, and has the broker park them one after the other; answers them, oldest first. */
export async function park(administered: Administered, count: number): Promise<readonly ParkedMessage[]> {
  const { broker, admin, queue } = administered;
  const before = (await admin.parked(queue.name)).length;
  await broker.publish(Array.from({ length: count }, (_, nth) => messageFor(queue, { key: `key ${nth}` })));
  const consumer = broker.consume(queue.name, async () => Promise.reject(new Error('The venue is unknown')));
  await vi.waitFor(async () => {
    const [depth] = await admin.depths([queue.name]);
    if (depth?.parked !== before + count) throw new Error(`only ${depth?.parked} are parked`);
  }, patience);
  await consumer.stop();
  return admin.parked(queue.name);
}

export function messageFor(queue: Queue, said: Partial<Message> = {}): Message {
  return aMessage({ urn: queue.urns[0] ?? '', ...said });
}

/** Handles what comes and remembers it. */
export function listen({ broker, queue }: Administered, handle: Handle = async () => undefined) {
  const handled: Message[] = [];
  const consumer = broker.consume(queue.name, async (message) => {
    await handle(message);
    handled.push(message);
  });
  return { handled, stop: () => consumer.stop() };
}

export const patience = { timeout: 20_000, interval: 20 };

async function aQueue(broker: Broker): Promise<Queue> {
  const nonce = randomUUID().slice(0, 8);
  const queue = { name: `box-office-${nonce}`, urns: [`urn:message:Shows.Of.${nonce}:Show`] };
  await broker.declare([queue]);
  return queue;
}
