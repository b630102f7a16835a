import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '@ticketbuddy/postgres';
import pg from 'pg';
import { startRabbitMq } from '../rabbitmq.ts';
import { connectTo } from '../rabbitmq-connection.ts';
import type { Hold } from './holds.ts';
import { redisProgram, startRedis, type TestRedis } from './redis.ts';
import { type System, startSystem } from './start-system.ts';

type WhenStopIsDue = (stop: System['stop']) => void;

/** What the legacy stands on. One system at a time may run on it. */
export type LegacyServers = {
  /** The stand-in, with an empty database, Redis and RabbitMQ. */
  startLegacy(entry: string, whenStopIsDue: WhenStopIsDue): Promise<System>;
  stop(): Promise<void>;
};

const queues = ['event', 'user', 'tickets-inbox-events', 'tickets-inbox-users'];
const setAside = queues.flatMap((queue) => [`${queue}_error`, `${queue}_skipped`]);

const installed = { 'redis-server': redisProgram, 'rabbitmq-server': '/usr/lib/rabbitmq/bin/rabbitmq-server' };

/** Throws one sentence that names every program which is not there. */
export function refuseMissing(programs: Readonly<Record<string, string>> = installed): void {
  const missing = Object.keys(programs).filter((name) => !existsSync(programs[name] ?? ''));
  if (missing.length === 0) return;
  const verb = missing.length === 1 ? 'is' : 'are';
  throw new Error(`The legacy cannot be started: ${missing.join(' and ')} ${verb} not installed on this machine.`);
}

/** Starts a PostgreSQL, a Redis and a RabbitMQ of our own. Throws one sentence when one of them is not installed. */
export async function startLegacyServers(whenStopIsDue: WhenStopIsDue): Promise<LegacyServers> {
  refuseMissing();
  const folder = await mkdtemp(join(tmpdir(), 'ticketbuddy-legacy-'));
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    await Promise.all(started.splice(0).map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  const keep = <T extends { stop(): Promise<void> }>(server: T): T => {
    started.push(server);
    return server;
  };
  whenStopIsDue(stop);
  try {
    const redis = keep(await startRedis(folder));
    const postgres = keep(await startEmbedded({ dataFolder: folder, settings: { fsync: 'off' } }));
    const rabbit = keep(await startRabbitMq());
    const servers = { redis, postgresUrl: postgres.url, amqpUrl: rabbit.url };
    return { startLegacy: (entry, whenDue) => startOn(servers, entry, (end) => whenDue(after(end, stop))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Servers = { readonly redis: TestRedis; readonly postgresUrl: string; readonly amqpUrl: string };

async function startOn(servers: Servers, entry: string, whenStopIsDue: WhenStopIsDue): Promise<System> {
  const { redis, postgresUrl, amqpUrl } = servers;
  await redis.command('FLUSHALL');
  await deleteQueues(amqpUrl);
  const settings = {
    LEGACY_DATABASE_URL: await createDatabase(postgresUrl),
    LEGACY_REDIS_URL: redis.url,
    AMQP_URL: amqpUrl,
  };
  const system = await startSystem(entry, whenStopIsDue, settings);
  return { ...system, endHolds: (holds) => deleteHolds(redis, holds), ownPaths: ['/health'] };
}

let databases = 0;

async function createDatabase(serverUrl: string): Promise<string> {
  const name = `legacy_${++databases}`;
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  await client.query(`create database ${name}`).finally(() => client.end());
  return serverUrl.replace(/\/[^/]*$/, `/${name}`);
}

/** With the messages in them. The system makes its queues anew. */
async function deleteQueues(amqpUrl: string): Promise<void> {
  const connection = connectTo(amqpUrl);
  for (const queue of [...queues, ...setAside]) await connection.queueDelete({ queue });
  await connection.close();
}

async function deleteHolds(redis: TestRedis, holds: readonly Hold[]): Promise<void> {
  for (const { eventId, ticketId } of holds) {
    await redis.command('DEL', `event:${eventId}:ticket:${ticketId}:reservation`);
  }
}

function after(first: () => Promise<void>, second: () => Promise<void>): () => Promise<void> {
  return async () => {
    await first();
    await second();
  };
}
