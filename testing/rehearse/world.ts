import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPool } from '@ticketbuddy/postgres';
import type pg from 'pg';
import { startRabbitMq } from '../rabbitmq.ts';
import { startRedis } from '../replay/redis.ts';
import { refuseMissing } from '../replay/start-legacy.ts';
import { freePort } from '../replay/start-system.ts';
import { type Actor, anActor } from './actor.ts';
import { aDatabase, type DatabaseActor } from './database-actor.ts';
import { type Ended, startCommand } from './run-command.ts';
import type { View } from './view.ts';

/** Both systems side by side, with what they stand on, and the gateways before them. */
export type World = {
  /** Where clients ask: the gateways. */
  readonly urls: readonly string[];
  /** The new system itself. */
  readonly shopUrl: string;
  readonly amqpUrl: string;
  readonly pools: { readonly legacy: pg.Pool; readonly next: pg.Pool };
  /** `legacy`, `shop`, `worker`, `gateway 1` … */
  readonly actors: ReadonlyMap<string, Actor>;
  /** What `ticketbuddy migrate …` has to know. */
  readonly migrationSettings: Readonly<Record<string, string>>;
  /** Runs it to its end. */
  migrate(...words: readonly string[]): Promise<Ended>;
  /** Has it called when the world ends, before anything is ended that it may need. */
  endBefore(end: () => Promise<void>): void;
  /** Resolves when all has ended, however often it is called. */
  stop(): Promise<void>;
};

export type WorldOptions = {
  readonly gateways: number;
  /** Whether the legacy's server keeps no logical log. */
  readonly triggers: boolean;
  readonly view: View;
  /** Told at once what ends it: a user may lose patience before it stands. */
  readonly whenStopIsDue: (stop: () => Promise<void>) => void;
};

/** Starts both systems; the gateways and the worker, which begins the move, are to be started later. Throws one sentence when a program is not installed. */
export async function startWorld(options: WorldOptions): Promise<World> {
  refuseMissing();
  const stack = new AsyncDisposableStack();
  let ending: Promise<void> | undefined;
  const stop = () => {
    ending ??= stack.disposeAsync();
    return ending;
  };
  options.whenStopIsDue(stop);
  try {
    return { ...(await build(stack, options)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(
  stack: AsyncDisposableStack,
  { gateways, triggers, view }: WorldOptions,
): Promise<Omit<World, 'stop'>> {
  const { servers, databases } = await view.step('Starting PostgreSQL twice, Redis and RabbitMQ', async () => {
    const servers = await startServers(stack, triggers);
    return { servers, databases: await createDatabases(stack, servers) };
  });
  const ports = await Promise.all(Array.from({ length: 2 + gateways }, () => freePort()));
  const [legacyPort = 0, shopPort = 0, ...gatewayPorts] = ports;
  const migrationSettings = {
    DATABASE_URL: databases.next,
    LEGACY_DATABASE_URL: databases.mover,
    DATABASE_CONNECTIONS: '12',
    AMQP_URL: servers.amqpUrl,
  };
  const actors = actorsOf({ servers, databases, migrationSettings, legacyPort, shopPort, gatewayPorts });
  for (const actor of actors) stack.defer(() => actor.end('SIGTERM'));
  for (const actor of actors.slice(0, 2)) {
    await view.step(`Starting ${actor.name}`, () => actor.start());
  }
  return {
    urls: gatewayPorts.map(urlOf),
    shopUrl: urlOf(shopPort),
    amqpUrl: servers.amqpUrl,
    pools: databases.pools,
    actors: new Map([...actors, servers.legacyServer, servers.nextServer].map((actor) => [actor.name, actor])),
    migrationSettings,
    migrate: (...words) => startCommand(['migrate', ...words], migrationSettings).ended,
    endBefore: (end) => stack.defer(end),
  };
}

type Cast = {
  readonly servers: Servers;
  readonly databases: { readonly legacy: string; readonly next: string };
  readonly migrationSettings: Readonly<Record<string, string>>;
  readonly legacyPort: number;
  readonly shopPort: number;
  readonly gatewayPorts: readonly number[];
};

function actorsOf({ servers, databases, migrationSettings, legacyPort, shopPort, gatewayPorts }: Cast): Actor[] {
  return [
    anActor({
      name: 'legacy',
      program: ['apps/legacy/main.ts'],
      settings: {
        PORT: `${legacyPort}`,
        LEGACY_DATABASE_URL: databases.legacy,
        LEGACY_REDIS_URL: servers.redisUrl,
        AMQP_URL: servers.amqpUrl,
      },
      readyWhen: /Server listening/,
    }),
    anActor({
      name: 'shop',
      program: ['apps/api/start.mjs'],
      settings: {
        PORT: `${shopPort}`,
        DATABASE_URL: databases.next,
        AMQP_URL: servers.amqpUrl,
        MODULES: 'events',
        TICKETBUDDY_SEED: 'off',
        LOG_LEVEL: 'info',
      },
      readyWhen: /Server listening/,
    }),
    ...gatewayPorts.map((port, nth) =>
      anActor({
        name: `gateway ${nth + 1}`,
        program: ['apps/gateway/start.mjs'],
        settings: {
          PORT: `${port}`,
          LEGACY_URL: urlOf(legacyPort),
          NEXT_URL: urlOf(shopPort),
          DATABASE_URL: databases.next,
          UNITS: 'events',
        },
        readyWhen: /Server listening/,
      }),
    ),
    anActor({
      name: 'worker',
      program: ['apps/cli/ticketbuddy.mjs', 'migrate', 'start', 'events'],
      settings: migrationSettings,
      readyWhen: /are carried both ways/,
    }),
  ];
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

type Servers = {
  readonly legacyServer: DatabaseActor;
  readonly nextServer: DatabaseActor;
  readonly redisUrl: string;
  readonly amqpUrl: string;
};

async function startServers(stack: AsyncDisposableStack, triggers: boolean): Promise<Servers> {
  const folder = await mkdtemp(join(tmpdir(), 'ticketbuddy-rehearse-'));
  // Who is interrupted early has a server that is still being made, and goes on writing files for a moment.
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  const legacyServer = await aDatabase(
    'legacy database',
    join(folder, 'legacy'),
    triggers ? { wal_level: 'replica' } : {},
  );
  stack.defer(() => legacyServer.end('SIGTERM'));
  const nextServer = await aDatabase('new database', join(folder, 'next'));
  stack.defer(() => nextServer.end('SIGTERM'));
  const redis = await startRedis(folder);
  stack.defer(() => redis.stop());
  const rabbit = await startRabbitMq();
  stack.defer(() => rabbit.stop());
  return { legacyServer, nextServer, redisUrl: redis.url, amqpUrl: rabbit.url };
}

/** The legacy's programs are of one role, the migration of another: only so can the database tell them apart. */
async function createDatabases(stack: AsyncDisposableStack, servers: Servers) {
  const [legacyServer, nextServer] = [servers.legacyServer.url, servers.nextServer.url];
  const mover = legacyServer.replace(/\/[^/]*$/, '/legacy');
  const server = createPool({ url: legacyServer, connections: 1 });
  await server.query(`create role legacy_app login password 'legacy'`);
  await server.query('create database legacy owner legacy_app');
  await server.end();
  const pools = {
    legacy: createPool({ url: mover, connections: 4 }),
    next: createPool({ url: nextServer, connections: 4 }),
  };
  for (const pool of Object.values(pools)) stack.defer(() => pool.end());
  const legacy = new URL(mover);
  legacy.username = 'legacy_app';
  legacy.password = 'legacy';
  return { legacy: legacy.toString(), mover, next: nextServer, pools };
}
