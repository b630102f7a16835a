import { type BrokerAdmin, createEmbeddedAdmin, outboxGauges, queueGauges } from '@ticketbuddy/messaging';
import type { GaugeSource } from '@ticketbuddy/telemetry';
import type pg from 'pg';
import { type LegacyQueues, legacyConsumers } from './legacy-consumers.ts';
import type { Deps, Module } from './module.ts';

export type Watched = {
  readonly modules: readonly Module[];
  readonly deps: Deps<never>;
  readonly pool: pg.Pool;
  readonly amqpUrl: string | undefined;
  readonly legacyQueues: LegacyQueues;
};

/** What waits in the outboxes and the queues of the modules; to be closed, since it may look over a connection of its own. */
export function watchMessages({ modules, deps, pool, amqpUrl, legacyQueues }: Watched) {
  const schemas = modules.filter(({ publishes }) => publishes).map(({ name }) => name);
  const own = modules.flatMap((module) => module.consumers(deps));
  const queues = [...own, ...legacyConsumers(modules, legacyQueues, deps)].map(({ name }) => name);
  // Not before somebody asks: most processes are never measured.
  let admin: Promise<BrokerAdmin> | undefined;
  const depths = async (names: readonly string[]) => {
    admin ??= openAdmin(pool, amqpUrl);
    return (await admin).depths(names);
  };
  const gauges: readonly GaugeSource[] = [outboxGauges(pool, schemas), queueGauges({ depths }, queues)];
  return { gauges, close: async () => (await admin)?.close() };
}

async function openAdmin(pool: pg.Pool, amqpUrl: string | undefined): Promise<BrokerAdmin> {
  if (amqpUrl === undefined) return createEmbeddedAdmin(pool);
  const { createRabbitAdmin } = await import('@ticketbuddy/messaging/rabbitmq');
  return createRabbitAdmin({ url: amqpUrl });
}
