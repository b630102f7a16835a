import { legacyEvents } from '@ticketbuddy/events/legacy';
import type { TableMapping } from '@ticketbuddy/mapping';
import { createPool } from '@ticketbuddy/postgres';
import type pg from 'pg';
import { hundredths, tenths } from './contest.ts';
import { quantile } from './open-loop.ts';
import { type Effort, type Figure, median, type Report } from './report.ts';
import { startDatabases } from './selling-shop.ts';

/** What each part is given. */
export type Migration = {
  readonly effort: Effort;
  readonly report: Report;
  readonly sides: Sides;
  readonly comparisons: number;
  wants(name: string): boolean;
};

export type Side = { readonly url: string; readonly pool: pg.Pool };

/** The legacy with its events, and a new system without any, on a server each. */
export type Sides = {
  readonly source: Side;
  readonly target: Side;
  readonly rows: number;
  /** Of events here and there in the table. */
  readonly ids: readonly string[];
  stop(): Promise<void>;
};

/** As events move, and as the shop has its plan. */
export const events: TableMapping = legacyEvents.tables[0];

/** The columns of the legacy's table as its constraints are, and as the shop's would be without its rule of one event at a time. */
const legacyTable = `
  create schema "Event";
  create table "Event"."Events" ("Id" uuid primary key, "EventName" text not null, "StartDate" timestamptz not null,
    "Venue" int not null, "EndDate" timestamptz not null, "Price" numeric(18,2))`;
const columns = `(id uuid primary key, name text not null check (name <> ''), starts_at timestamptz not null,
  ends_at timestamptz not null, venue int not null check (venue between 0 and 10)`;
const constraints =
  'version bigint not null default 1, carried bool not null default false, check (ends_at >= starts_at))';
const nextTables = `
  create schema events;
  create table events.events ${columns}, price_pence bigint check (price_pence >= 0), ${constraints};
  create table public.bare ${columns}, price numeric(18,2) check (price >= 0), ${constraints}`;

const sampled = 2_000;

export async function openSides(rows: number): Promise<Sides> {
  const servers = [await startDatabases(), await startDatabases()] as const;
  const source = await openSide(await servers[0].create('legacy'));
  const target = await openSide(await servers[1].create('next'));
  await source.pool.query(legacyTable);
  await target.pool.query(nextTables);
  await fill(source.pool, rows);
  const { rows: sample } = await source.pool.query<{ id: string }>(
    `select "Id" as id from "Event"."Events" order by md5("Id"::text) limit ${sampled}`,
  );
  const stop = async () => {
    await Promise.all([source.pool.end(), target.pool.end()]);
    await Promise.all(servers.map((server) => server.stop()));
  };
  return { source, target, rows, ids: sample.map(({ id }) => id), stop };
}

/** Events at eleven venues, one after the other, so that they also keep the rule of one event at a time. */
async function fill(pool: pg.Pool, rows: number): Promise<void> {
  for (let from = 1; from <= rows; from += filledAtOnce) {
    await pool.query(`
      insert into "Event"."Events"
      select gen_random_uuid(), 'Event ' || md5(n::text), at, n % 11, at + interval '50 minutes', (n % 10000) / 100.0
      from (select n, timestamptz '2030-01-01' + n / 11 * interval '1 hour 1 microsecond' as at
        from generate_series(${from}, ${Math.min(rows, from + filledAtOnce - 1)}) as n) as shows`);
  }
  await pool.query('vacuum analyze "Event"."Events"');
  await pool.query('checkpoint');
}

const filledAtOnce = 100_000;

async function openSide(url: string): Promise<Side> {
  return { url, pool: createPool({ url, connections: 12 }) };
}

/** The 99th percentiles of all rounds together; the ratios of the rounds, each by itself, are told beside it. */
export function pooled(
  name: string,
  ours: readonly (readonly number[])[],
  least: readonly (readonly number[])[],
  atMost?: number,
): Figure {
  const p99 = (ms: readonly number[]) => quantile(ms, 0.99);
  const rounds = latencies(name, ours.map(p99), least.map(p99), atMost);
  const [value, ceiling] = [p99(ours.flat()), p99(least.flat())];
  return { ...rounds, value: tenths(value), ceiling: tenths(ceiling), ratio: hundredths(value / ceiling) };
}

/** Latencies in ms against those of the least, round by round: the ratio is to be at most so much, or is promised to nobody. */
export function latencies(name: string, ours: readonly number[], least: readonly number[], atMost?: number): Figure {
  const ratios = ours.map((ms, round) => ms / (least[round] ?? Number.NaN));
  return {
    name,
    value: tenths(median(ours)),
    unit: 'ms',
    ceiling: tenths(median(least)),
    ratio: hundredths(median(ratios)),
    ratioMin: hundredths(Math.min(...ratios)),
    ratioMax: hundredths(Math.max(...ratios)),
    rounds: ratios.length,
    ...(atMost !== undefined && { target: atMost, atMost: true }),
  };
}
