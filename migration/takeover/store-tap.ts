import type { Position } from '@ticketbuddy/change-stream';
import { schemaSql } from '@ticketbuddy/postgres';
import type pg from 'pg';
import { schema } from './schema.ts';
import { isThere } from './store-shares.ts';

type Querying = Pick<pg.ClientBase, 'query'>;

/** A row that was changed and is not known to be told as it is. */
export type OpenRow = {
  readonly key: string;
  /** A digest of what was last told of it, and when that was sent; `null`: nothing was. */
  readonly told: string | null;
  readonly sentAt: Temporal.Instant | null;
  readonly openMs: number;
  /** The transaction that noted it last. */
  readonly noted: string;
};

export async function createTapTables(next: Querying): Promise<void> {
  await next.query(`
    ${schemaSql(schema)};
    create table if not exists ${schema}.taps (unit text primary key, since pg_lsn, mark text);
    create table if not exists ${schema}.tapped_rows (
      unit text, key text, told text, sent_at timestamptz, changed_at pg_lsn, is_settled bool not null default false,
      noted xid8 not null default pg_current_xact_id(), noted_at timestamptz not null default clock_timestamp(),
      primary key (unit, key));
    create index if not exists open_rows on ${schema}.tapped_rows (unit, key) where not is_settled`);
}

export async function logEnd(legacy: Querying): Promise<Position> {
  const { rows } = await legacy.query<{ end: Position }>('select pg_current_wal_insert_lsn()::text as "end"');
  return rows[0]?.end ?? '0/0';
}

export type TapState = { readonly isWhole: boolean; readonly mark: string | null };

/** `undefined`: nobody has ever begun to hear. */
export async function readTap(next: Querying, stream: string): Promise<TapState | undefined> {
  if (!(await isThere(next, `${schema}.taps`))) return undefined;
  const { rows } = await next.query<TapState>(
    `select since is not null as "isWhole", mark from ${schema}.taps where unit = $1`,
    [stream],
  );
  return rows[0];
}

/** What was heard so far is not whole any more. */
export async function breakTap(next: Querying, stream: string): Promise<void> {
  await next.query(
    `insert into ${schema}.taps (unit) values ($1) on conflict (unit) do update set since = null, mark = null`,
    [stream],
  );
}

/** All that is told of changes after `since` will be heard. What was heard of others is forgotten. */
export async function beginTap(next: Querying, stream: string, since: Position): Promise<void> {
  await next.query(
    `with begun as (update ${schema}.taps set since = $2 where unit = $1),
       forgotten as (delete from ${schema}.tapped_rows where unit = $1 and (changed_at is null or changed_at <= $2::pg_lsn))
     update ${schema}.tapped_rows set told = null, sent_at = null, is_settled = false where unit = $1 and changed_at > $2::pg_lsn`,
    [stream, since],
  );
}

export async function noteChanged(
  next: Querying,
  stream: string,
  changed: readonly { readonly key: string; readonly position: Position }[],
): Promise<void> {
  // All that note many do so in the order of the keys, so that none waits for the other in a circle.
  await next.query(
    `insert into ${schema}.tapped_rows (unit, key, changed_at)
     select $1, key, max(position) from unnest($2::text[], $3::pg_lsn[]) as given (key, position) group by key order by key
     on conflict (unit, key) do update set changed_at = excluded.changed_at, is_settled = false,
       noted = excluded.noted, noted_at = excluded.noted_at`,
    [stream, changed.map(({ key }) => key), changed.map(({ position }) => position)],
  );
}

export type Told = { readonly key: string; readonly told: string; readonly sentAt: Temporal.Instant };

/** Of two messages about a row the one that was sent later counts, as for every consumer; of each there is one here at most. */
export async function noteTold(next: Querying, stream: string, told: readonly Told[]): Promise<void> {
  await next.query(
    `insert into ${schema}.tapped_rows as known (unit, key, told, sent_at, is_settled)
     select $1, key, told, sent_at, true from unnest($2::text[], $3::text[], $4::timestamptz[]) as given (key, told, sent_at) order by key
     on conflict (unit, key) do update set told = excluded.told, sent_at = excluded.sent_at,
       is_settled = known.changed_at is null, noted = excluded.noted, noted_at = excluded.noted_at
     where known.sent_at is null or known.sent_at <= excluded.sent_at`,
    [stream, told.map(({ key }) => key), told.map((one) => one.told), told.map(({ sentAt }) => sentAt.toString())],
  );
}

export async function noteMark(next: Querying, stream: string, mark: string): Promise<void> {
  await next.query(`update ${schema}.taps set mark = $2 where unit = $1`, [stream, mark]);
}

export async function openRows(next: Querying, stream: string, after: string, limit: number): Promise<OpenRow[]> {
  const { rows } = await next.query<OpenRow>(
    `select key, told, sent_at as "sentAt", noted::text,
       (extract(epoch from clock_timestamp() - noted_at) * 1000)::float8 as "openMs"
     from ${schema}.tapped_rows join ${schema}.taps using (unit)
     where unit = $1 and not is_settled and changed_at > since and key > $2 order by key limit $3`,
    [stream, after, limit],
  );
  return rows;
}

/** They are told as they are, unless something of them was noted meanwhile. */
export async function settleRows(
  next: Querying,
  stream: string,
  settled: readonly Pick<OpenRow, 'key' | 'noted'>[],
): Promise<void> {
  await next.query(
    `with still as materialized (
       select key from ${schema}.tapped_rows join unnest($2::text[], $3::xid8[]) as given (key, noted) using (key, noted)
       where unit = $1 order by key for update of tapped_rows)
     update ${schema}.tapped_rows set is_settled = true where unit = $1 and key in (select key from still)`,
    [stream, settled.map(({ key }) => key), settled.map(({ noted }) => noted)],
  );
}

/** How many rows were changed since the tap began, or since the unit was last switched. */
export async function countChanged(next: Querying, stream: string): Promise<number> {
  const { rows } = await next.query<{ count: number }>(
    `select count(*)::int as count from ${schema}.tapped_rows join ${schema}.taps using (unit)
     where unit = $1 and changed_at > since`,
    [stream],
  );
  return rows[0]?.count ?? 0;
}

export async function forgetRows(next: Querying, stream: string): Promise<void> {
  await next.query(`delete from ${schema}.tapped_rows where unit = $1`, [stream]);
}
