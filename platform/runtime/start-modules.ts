import { hostname } from 'node:os';
import {
  type Broker,
  type BrokerReport,
  createEmbeddedBroker,
  createRabbitBroker,
  type Loop,
  outboxChannel,
  pruneInbox,
  pruneOutbox,
  relayPass,
  repeat,
  type Subscription,
} from '@ticketbuddy/messaging';
import { createDatabase, isTransient, type Notifications, PostgresNotifications } from '@ticketbuddy/postgres';
import type pg from 'pg';
import type { Clock } from './clock.ts';
import type { Deps, Module } from './module.ts';

export type Log = {
  warn(context: object, message: string): void;
  error(context: object, message: string): void;
};

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

const idleMs = 5_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const keepOutboxMs = 7 * dayMs;
const keepInboxMs = 30 * dayMs;

/** Starts the loops of the modules: a relay for each that publishes, a consumer for each queue, and the pruning. */
export async function startModules(
  options: StartOptions,
): Promise<{ readonly deps: Deps<never>; stop(): Promise<void> }> {
  const { modules, everyModule, pool, url, clock, log } = options;
  const deps: Deps<never> = { db: createDatabase(pool), clock };
  const notifications = new PostgresNotifications(url);
  const { broker, close } = await openBroker(options, notifications);
  await broker.declare(everyModule.flatMap((module) => module.consumers(deps)));
  const running: Subscription[] = [
    ...modules
      .filter(({ publishes }) => publishes)
      .map(({ name }) => startRelay(name, pool, broker, notifications, log)),
    ...modules.flatMap((module) => module.consumers(deps)).map(({ name, handle }) => broker.consume(name, handle)),
    startPruning(modules, deps, pool, log),
  ];
  await notifications.start();
  return {
    deps,
    async stop() {
      await Promise.all(running.map((loop) => loop.stop()));
      await close();
      await notifications.stop();
    },
  };
}

type OpenBroker = { readonly broker: Broker; close(): Promise<void> };

async function openBroker({ amqpUrl, pool, log }: StartOptions, notifications: Notifications): Promise<OpenBroker> {
  const report = reportTo(log);
  if (amqpUrl === undefined) {
    return { broker: createEmbeddedBroker({ pool, notifications, report, isTransient }), close: async () => undefined };
  }
  const broker = await createRabbitBroker({ url: amqpUrl, sender: senderAt(amqpUrl), report, isTransient });
  return { broker, close: () => broker.stop() };
}

function senderAt(amqpUrl: string) {
  const { host, pathname } = new URL(amqpUrl);
  const address = `rabbitmq://${host}${pathname.replace(/\/$/, '')}/ticketbuddy?temporary=true`;
  return { machineName: hostname(), processName: 'ticketbuddy', processId: process.pid, address };
}

function reportTo(log: Log): BrokerReport {
  return {
    failed: ({ id, urn }, error, attempt) => log.warn({ err: error, messageId: id, urn, attempt }, 'a message failed'),
    parked: (queue, messageId, reason) => log.error({ queue, messageId, reason }, 'a message was parked'),
    disconnected: (error) => log.warn({ err: error }, 'the broker is away; trying again'),
  };
}

function startRelay(schema: string, pool: pg.Pool, broker: Broker, notifications: Notifications, log: Log): Loop {
  const relay = repeat(() => relayPass(pool, schema, broker), {
    idleMs,
    onError: (error) => log.warn({ err: error, schema }, 'the relay failed and tries again'),
  });
  notifications.listen(outboxChannel(schema), relay.wake);
  return relay;
}

function startPruning(modules: readonly Module[], deps: Deps<never>, pool: pg.Pool, log: Log): Loop {
  const publishing = modules.filter(({ publishes }) => publishes);
  const consuming = modules.filter((module) => module.consumers(deps).length > 0);
  const pass = async () => {
    let pruned = 0;
    for (const { name } of publishing) pruned += await pruneOutbox(pool, name, keepOutboxMs);
    for (const { name } of consuming) pruned += await pruneInbox(pool, name, keepInboxMs);
    return pruned;
  };
  return repeat(pass, {
    idleMs: hourMs,
    onError: (error) => log.warn({ err: error }, 'pruning failed and tries again'),
  });
}
