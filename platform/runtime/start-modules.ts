import type { Subscription } from '@ticketbuddy/messaging';
import { PostgresNotifications } from '@ticketbuddy/postgres';
import { createDatabase } from '@ticketbuddy/postgres/database';
import type { GaugeSource } from '@ticketbuddy/telemetry';
import type pg from 'pg';
import type { Clock } from './clock.ts';
import { watchMessages } from './gauges.ts';
import { type LegacyQueues, legacyConsumers } from './legacy-consumers.ts';
import type { Log } from './log.ts';
import type { Deps, Module } from './module.ts';
import { openBroker } from './open-broker.ts';
import { startRelay } from './start-relay.ts';

export type StartOptions = {
  /** What runs here. */
  readonly modules: readonly Module[];
  /** What exists anywhere: its queues are declared, so that no message goes out before there is a queue for it. */
  readonly everyModule: readonly Module[];
  readonly pool: pg.Pool;
  readonly url: string;
  /** Unset: the embedded broker. */
  readonly amqpUrl: string | undefined;
  /** Missing: nothing is taken from a queue of the legacy. */
  readonly legacyQueues?: LegacyQueues;
  readonly clock: Clock;
  readonly log: Log;
  /** The modules' `numbers`, as they are set. */
  readonly numbers?: Deps<never>['numbers'];
};

export type RunningModules = {
  readonly deps: Deps<never>;
  readonly gauges: readonly GaugeSource[];
  stop(): Promise<void>;
};

/** Starts the loops of the modules: a relay for each that publishes, and a consumer for each queue. */
export async function startModules(options: StartOptions): Promise<RunningModules> {
  const { modules, everyModule, pool, url, amqpUrl, legacyQueues = {}, clock, log, numbers = {} } = options;
  const deps: Deps<never> = { db: createDatabase(pool), clock, numbers };
  const notifications = new PostgresNotifications(url);
  const { broker, close } = await openBroker({ pool, amqpUrl, notifications, log });
  const watched = watchMessages({ modules, deps, pool, amqpUrl, legacyQueues });
  const running: Subscription[] = [];
  const stop = async () => {
    await Promise.all(running.map((loop) => loop.stop()));
    await Promise.all([close(), watched.close()]);
    await notifications.stop();
  };
  try {
    const legacy = legacyConsumers(modules, legacyQueues, deps);
    await broker.declare([...everyModule.flatMap((module) => module.consumers(deps)), ...legacy]);
    for (const { name, publishes } of modules) {
      if (publishes) running.push(startRelay(name, { pool, broker, notifications, log }));
    }
    const consumers = [...modules.flatMap((module) => module.consumers(deps)), ...legacy];
    for (const { name, handle } of consumers) running.push(broker.consume(name, handle));
    await notifications.start();
    return { deps, gauges: watched.gauges, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
