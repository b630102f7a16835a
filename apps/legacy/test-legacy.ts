import { randomUUID } from 'node:crypto';
import { createTestDatabase, until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { onTestFinished } from 'vitest';
import { startLegacy } from './legacy.ts';

export type TestLegacy = {
  readonly url: string;
  readonly databaseUrl: string;
  readonly pool: pg.Pool;
  /** `ask('POST /users', { FullName: … })` answers the status and the text. */
  ask(line: string, body?: unknown, signal?: AbortSignal): Promise<Answered>;
};

export type Answered = { readonly status: number; readonly text: string };

type Servers = { readonly redisUrl: string; readonly amqpUrl: string };

/** Where nobody listens: for what the legacy does without this server, or while it is away. */
export const nowhere = { redisUrl: 'redis://127.0.0.1:1', amqpUrl: 'amqp://guest:guest@127.0.0.1:1' };

/** A legacy with a database of its own, stopped at the end of the test that called it. */
export async function aLegacy(servers: Partial<Servers>): Promise<TestLegacy> {
  const legacy = await startTestLegacy(servers);
  onTestFinished(() => legacy.stop());
  return legacy;
}

/** The same, once it consumes its queues. */
export async function aServingLegacy(servers: Servers): Promise<TestLegacy> {
  const legacy = await aLegacy(servers);
  await untilServing(legacy);
  return legacy;
}

/** For several tests; `stop` it after them. */
export async function startTestLegacy(servers: Partial<Servers>): Promise<TestLegacy & { stop(): Promise<void> }> {
  const { url: databaseUrl, pool, drop } = await createTestDatabase();
  const { url, stop } = await startLegacy({ host: '127.0.0.1', port: 0, databaseUrl, ...nowhere, ...servers });
  return {
    url,
    databaseUrl,
    pool,
    ask: (line, body, signal) => ask(url, line, body, signal),
    stop: () => stop().then(drop),
  };
}

export async function untilServing(legacy: TestLegacy): Promise<void> {
  await until('the legacy is healthy', async () => (await legacy.ask('GET /health')).status === 200);
}

/** Seats 1 to `count` of an event that nobody has announced, in the order of their numbers. */
export async function someSeats({ pool }: TestLegacy, count: number) {
  const eventId = randomUUID();
  const ids = Array.from({ length: count }, () => randomUUID()).sort();
  await pool.query(
    `insert into "Ticket"."Tickets" ("Id", "EventId", "Price", "SeatNumber")
     select id, $1, 25, number from unnest($2::uuid[]) with ordinality as seat (id, number)`,
    [eventId, ids],
  );
  return { eventId, ids, path: `/events/${eventId}/tickets` };
}

/** How many sessions of this database wait for somebody's lock. */
export async function countWaiting({ pool }: TestLegacy): Promise<number> {
  const { rows } = await pool.query(
    `select count(*)::int as waiting from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows[0].waiting;
}

/** Nobody changes the seat before `release` is called. */
export async function lockSeat(legacy: TestLegacy, id: string): Promise<Lock> {
  return lock(legacy, 'select 1 from "Ticket"."Tickets" where "Id" = $1 for update', [id]);
}

/** Everybody may read the tables, and nobody adds a row before `release` is called. */
export async function lockTables(legacy: TestLegacy, tables: string): Promise<Lock> {
  return lock(legacy, `lock table ${tables} in share mode`, []);
}

type Lock = { release(): Promise<void> };

async function lock({ pool }: TestLegacy, sql: string, values: readonly string[]): Promise<Lock> {
  const client = await pool.connect();
  await client.query('begin');
  await client.query(sql, [...values]);
  return {
    async release() {
      await client.query('commit');
      client.release();
    },
  };
}

async function ask(url: string, line: string, body: unknown, signal?: AbortSignal): Promise<Answered> {
  const [method = '', path = ''] = line.split(' ');
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}${path}`, { method, headers, ...sent, ...(signal && { signal }) });
  return { status: response.status, text: await response.text() };
}
