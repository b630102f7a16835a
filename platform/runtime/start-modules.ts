import type { Subscription } from '@ticketbuddy/messaging';
import { createDatabase, PostgresNotifications } from '@ticketbuddy/postgres';
import type pg from 'pg';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { Deps, Module } from './module.ts';
import { openBroker } from './open-broker.ts';
import { startPruning } from './start-pruning.ts';
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
  readonly clock: Clock;
  readonly log: Log;
};

/** Starts the loops of the modules: a relay for each that publishes, a consumer for each queue, and the pruning. */
export async function startModules(
  options: StartOptions,
): Promise<{ readonly deps: Deps<never>; stop(): Promise<void> }> {
  const { modules, everyModule, pool, url, amqpUrl, clock, log } = options;
  const deps: Deps<never> = { db: createDatabase(pool), clock };
  const notifications = new PostgresNotifications(url);
  const { broker, close } = await openBroker({ pool, amqpUrl, notifications, log });
  const running: Subscription[] = [];
  const stop = async () => {
    await Promise.all(running.map((loop) => loop.stop()));
    await close();
    await notifications.stop();
  };
  try {
    await broker.declare(everyModule.flatMap((module) => module.consumers(deps)));
    for (const { name, publishes } of modules) {
      if (publishes) running.push(startRelay(name, { pool, broker, notifications, log }));
    }
    for (const module of modules) {
      for (const { name, handle } of module.consumers(deps)) running.push(broker.consume(name, handle));
    }
    running.push(startPruning(modules, deps, pool, log));
    await notifications.start();
    return { deps, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
