import { type BrokerAdmin, createEmbeddedAdmin } from '@ticketbuddy/messaging';
import { createRabbitAdmin } from '@ticketbuddy/messaging/rabbitmq';
import { type Deps, legacyConsumers, systemClock } from '@ticketbuddy/runtime';
import type { Context } from './context.ts';
import { everyModule } from './modules.ts';
import { openDatabase, refuseWithoutDatabase } from './open-database.ts';

export type OpenAdmin = AsyncDisposable & { readonly admin: BrokerAdmin };

/** The shop's queues: in RabbitMQ at AMQP_URL, or else in the shop's database. Makes neither. */
export async function openAdmin(context: Context): Promise<OpenAdmin> {
  const { amqpUrl } = context.config;
  if (amqpUrl !== undefined) {
    const admin = createRabbitAdmin({ url: amqpUrl });
    return { admin, [Symbol.asyncDispose]: () => admin.close() };
  }
  refuseWithoutDatabase(context, 'There are no messages');
  const database = await openDatabase(context);
  return { admin: createEmbeddedAdmin(database.pool), [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
}

/** The names of all queues that the shop takes messages from under these settings. */
export function queueNames({ config: { legacyQueues } }: Context): readonly string[] {
  // Nothing but the names is asked for: a consumer wants the database only when it handles something.
  const deps = { clock: systemClock } as Deps<never>;
  const own = everyModule.flatMap((module) => module.consumers(deps));
  return [...own, ...legacyConsumers(everyModule, legacyQueues, deps)].map(({ name }) => name);
}
