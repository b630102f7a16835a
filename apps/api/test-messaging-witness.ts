import { eventUpsertedUrn, userUpsertedUrn } from '@ticketbuddy/contracts';
import { type Broker, type Consumer, createEmbeddedBroker, once } from '@ticketbuddy/messaging';
import { createRabbitBroker } from '@ticketbuddy/messaging/rabbitmq';
import { isTransient } from '@ticketbuddy/postgres';
import type { Transact } from '@ticketbuddy/postgres/database';
import type { Deps, Module } from '@ticketbuddy/runtime';
import { sql } from 'kysely';
import type pg from 'pg';
import { everyModule } from './modules.ts';

/** Its effect is not the same when it happens twice, and every message is welcome. */
export function witness({ db }: Deps<never>): Consumer {
  return {
    name: 'witness',
    urns: [eventUpsertedUrn, userUpsertedUrn],
    handle: once(db, 'witness', async (tx: Transact<never>, { id }) => {
      await sql`insert into witness.effects (message_id) values (${id})`.execute(tx);
    }),
  };
}

const witnessModule: Module = {
  name: 'witness',
  migrations: { schema: 'witness', folder: new URL('file:///none/') },
  publishes: false,
  legacyConsumers: {},
  routes: () => [],
  consumers: (deps) => [witness(deps as Deps<never>)],
  jobs: () => [],
  seed: async () => 0,
};

/** The contexts, and a witness that counts what each message does. */
export const witnessed: readonly Module[] = [...everyModule, witnessModule];

/** A broker of ours without anything that uses it. */
export async function openTestBroker(
  pool: pg.Pool,
  amqpUrl: string | undefined,
): Promise<Broker & { stop?(): Promise<void> }> {
  const report = { failed: () => undefined, parked: console.error, disconnected: () => undefined };
  const notifications = { listen: () => undefined, stop: async () => undefined };
  if (amqpUrl === undefined) return createEmbeddedBroker({ pool, notifications, report, isTransient });
  const sender = { machineName: 'test', processName: 'test', processId: 1, address: 'rabbitmq://localhost/test' };
  // What comes to a process that was killed in a test comes again.
  const passes = (error: unknown) => isTransient(error) || (error as Error).name === 'ProcessDied';
  return createRabbitBroker({ url: amqpUrl, sender, report, isTransient: passes });
}
