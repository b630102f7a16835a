import { setTimeout as delay } from 'node:timers/promises';
import {
  type Backfill,
  begin,
  copyPass,
  createPace,
  openWriter,
  streamPass,
  type TableTarget,
} from '@ticketbuddy/backfill';
import {
  abandon,
  type Batch,
  type Change,
  type ChangeStream,
  openChangeStream,
  quotedName,
  type SourceTable,
  type Unit,
} from '@ticketbuddy/change-stream';
import { seededRandom, testDatabase, until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { onTestFinished } from 'vitest';
import type { Followed, FollowedTable } from './followed.ts';
import type { KeyFeed } from './verifier.ts';

const source: SourceTable = { schema: 'public', name: 'Shows', key: ['Id'] };

export const followedShows: FollowedTable = {
  name: 'shows',
  changesOf: quotedName(source),
  source: { table: '"Shows"', key: '"Id"' },
  target: { table: 'public.shows', key: 'id' },
  columns: [
    { name: 'title', kind: 'text', source: '"Title"', target: 'title' },
    { name: 'starts', kind: 'timestamptz', source: '"Start"', target: 'starts' },
    { name: 'price', kind: 'integer', source: '("Price" * 100)', target: 'price_pence' },
    { name: 'venue', kind: 'integer', source: '"Venue"', target: 'venue' },
  ],
};

let grounds = 0;

/**
 * A source with so many shows, and a target that a real stream keeps equal to it until the test has finished. `restMs`: it is
 * behind by about so long.
 */
export async function followedGround(shows: number, restMs = 0) {
  const [one, other] = [await testDatabase(), await testDatabase()];
  await createShows(one.pool, shows);
  await createTarget(other.pool);
  const unit: Unit = { name: `parity_${process.pid}_${++grounds}`, tables: [source] };
  const run = await follow(one, other.pool, unit, restMs);
  const followed: Followed = {
    source: one.pool,
    target: other.pool,
    unit,
    schema: 'migration',
    ...recordOf(other.pool),
  };
  await until('the copy is complete', async () => {
    const { rows } = await other.pool.query('select is_complete from migration.copies');
    return rows[0].is_complete;
  });
  return { source: one.pool, target: other.pool, followed, ...run };
}

/** The key of the nth show. */
export async function keyOfShow(pool: pg.Pool, n: number): Promise<string> {
  const { rows } = await pool.query('select md5($1)::uuid as key', [`${n}`]);
  return rows[0].key;
}

/** Changes one of the first shows at a time, so many times a second. */
export function startWriters(pool: pg.Pool, shows: number, perSecond: number) {
  const random = seededRandom(shows);
  let [written, isStopped] = [0, false];
  const write = async () => {
    for (let next = performance.now(); !isStopped; next += 1_000 / perSecond) {
      await pool.query(
        `update "Shows" set "Price" = "Price" + 1, "Venue" = ("Venue" + 1) % 7, "Start" = "Start" + interval '1 microsecond'
         where "Id" = md5($1)::uuid`,
        [`${1 + random.below(shows)}`],
      );
      written += 1;
      await delay(Math.max(0, next - performance.now()));
    }
  };
  const running = write();
  const stop = () => {
    isStopped = true;
    return running;
  };
  onTestFinished(stop);
  return { stop, written: () => written };
}

async function createShows(pool: pg.Pool, shows: number): Promise<void> {
  await pool.query(`create table "Shows" ("Id" uuid primary key, "Title" text, "Start" timestamptz, "Price" numeric(18,2), "Venue" int);
    insert into "Shows" select md5(n::text)::uuid, 'Show ' || n, '2026-06-01 12:00Z'::timestamptz + n * interval '1 hour 1 microsecond', n, n % 7
    from generate_series(1, ${shows}) as n`);
}

async function createTarget(pool: pg.Pool): Promise<void> {
  await pool.query(`create table shows (id uuid primary key, title text, starts timestamptz, price_pence bigint, venue smallint);
    create schema noted;
    create table noted.changes (table_name text, key text, xid bigint, position pg_lsn, noted_at timestamptz default now());
    create index on noted.changes (position);
    create index on noted.changes (xid);
    create table noted.rogues (nr bigserial primary key, key uuid);
    create function noted.note() returns trigger language plpgsql as $$
    begin
      if not pg_replication_origin_session_is_setup() then
        insert into noted.rogues (key) values (coalesce(new.id, old.id));
      end if;
      return null;
    end $$;
    create trigger note after insert or update or delete on shows for each row execute function noted.note()`);
}

async function follow({ url, pool }: { url: string; pool: pg.Pool }, target: pg.Pool, unit: Unit, restMs: number) {
  const origin = unit.name;
  const writer = await openWriter({ pool: target, schema: 'migration', unit: unit.name, origin });
  let batch: Batch | undefined;
  const tables: TableTarget[] = [{ table: source, apply: (tx, changes) => apply(tx, changes, batch) }];
  const backfill = { source: pool, writer, unit, tables };
  const stream = await openChangeStream({ url, pool, unit, from: await begin(backfill) });
  const noting: ChangeStream = {
    async next(waitMs) {
      batch = await stream.next(waitMs);
      return batch;
    },
    // So that each is applied alone.
    waiting: [],
    untilChanged: async () => undefined,
    acknowledge: (position) => stream.acknowledge(position),
    close: () => stream.close(),
  };
  const loop = startLoop(backfill, noting, restMs);
  onTestFinished(async () => {
    await loop.stop();
    await stream.close();
    await writer.close();
    await abandon(pool, unit);
    await until('its origin is free', () => drop(target, origin));
  });
  return { errors: loop.errors };
}

function startLoop(backfill: Backfill, stream: ChangeStream, restMs: number) {
  const errors: unknown[] = [];
  let isStopped = false;
  const run = async () => {
    while (!isStopped) {
      const passed = await streamPass(backfill, stream, { waitMs: 50, transactionsMax: 20 }).catch((error) => {
        errors.push(error);
        return undefined;
      });
      const isPaused = passed?.outcome !== 'applied';
      if (!isPaused) await copyPass(backfill, createPace());
      await delay(isPaused ? 20 : restMs);
    }
  };
  const running = run();
  const stop = () => {
    isStopped = true;
    return running;
  };
  return { errors, stop };
}

/** False while the connection that used it has not ended. */
async function drop(target: pg.Pool, origin: string): Promise<boolean> {
  return target.query('select pg_replication_origin_drop($1)', [origin]).then(
    () => true,
    () => false,
  );
}

async function apply(tx: pg.PoolClient, changes: readonly Change[], batch: Batch | undefined) {
  for (const { row, oldKey } of changes) {
    const key = row?.Id ?? oldKey?.Id;
    if (row) {
      await tx.query(
        `insert into shows values ($1, $2, $3, $4::numeric * 100, $5) on conflict (id) do update
         set title = excluded.title, starts = excluded.starts, price_pence = excluded.price_pence, venue = excluded.venue`,
        [row.Id, row.Title, row.Start, row.Price, row.Venue],
      );
    } else await tx.query('delete from shows where id = $1', [key]);
    if (batch) {
      await tx.query('insert into noted.changes (table_name, key, xid, position) values ($1, $2, $3, $4)', [
        quotedName(source),
        JSON.stringify([key]),
        batch.xid,
        batch.position,
      ]);
    }
  }
  return [];
}

const keyOf = `(key::jsonb ->> 0)::uuid`;

/** What the stream has brought, by the record that `apply` keeps. */
function recordOf(target: pg.Pool): Pick<Followed, 'changedBetween' | 'lastChange'> {
  return {
    async changedBetween(snapshot, position, { table, after = null, upTo = null, keys = null }) {
      const { rows } = await target.query(
        `select count(*)::int as n from noted.changes
         where table_name = $1 and (position > $2 or xid >= pg_snapshot_xmin($3::pg_snapshot)::text::bigint)
           and (position <= $2) <> pg_visible_in_snapshot(xid::text::xid8, $3::pg_snapshot)
           and ($4::uuid is null or ${keyOf} > $4) and ($5::uuid is null or ${keyOf} <= $5)
           and ($6::uuid[] is null or ${keyOf} = any($6))`,
        [table, position, snapshot, after, upTo, keys],
      );
      return rows[0].n > 0 ? 'some' : 'none';
    },
    async lastChange(table, key) {
      const { rows } = await target.query(
        `select xid, position::text, noted_at::text as "notedAt" from noted.changes
         where table_name = $1 and ${keyOf} = $2 order by position desc limit 1`,
        [table, key],
      );
      return rows[0];
    },
  };
}

/** The keys that the stream has changed, and those that somebody else has changed in the target. */
export function feedsOf(target: pg.Pool): { readonly changedKeys: KeyFeed; readonly rogueKeys: KeyFeed } {
  return {
    changedKeys: feed(
      target,
      `select ${keyOf} as key, position::text as mark from noted.changes
      where position > coalesce($1, '0/0')::pg_lsn order by position fetch first $2 rows with ties`,
    ),
    rogueKeys: feed(
      target,
      `select key, nr::text as mark from noted.rogues where nr > coalesce($1, '0')::bigint order by nr limit $2`,
    ),
  };
}

function feed(target: pg.Pool, sql: string): KeyFeed {
  return async (after, limit) => {
    const { rows } = await target.query(sql, [after ?? null, limit]);
    return { keys: rows.map(({ key }) => key), mark: rows.at(-1)?.mark ?? after };
  };
}
