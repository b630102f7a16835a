import type { ChangedRange, LastChange } from '@ticketbuddy/parity';
import type pg from 'pg';

/** Where the notes of one stream are. */
export type RecordPlace = { readonly schema: string; readonly unit: string };

export type NearChange = { readonly xid: number; readonly isApplied: boolean };

// A key that is one column, as `noteChanges` writes it: `[["Id","…"]]`.
const keyOf = `(key::jsonb -> 0 ->> 1)::uuid`;

/**
 * The changes of the range by transactions that are not surely on one side of both: those that the snapshot may not show, and
 * those that end after the position. Of their ids these are the lower 32 bits.
 */
export async function changesNear(
  target: pg.Pool,
  { schema, unit }: RecordPlace,
  snapshot: string,
  position: string,
  { table, after, upTo, keys }: ChangedRange,
): Promise<{ readonly changes: readonly NearChange[]; readonly isNoted: boolean }> {
  const xmin = Number(BigInt(snapshot.split(':', 1)[0] ?? '') & 0xffffffffn);
  // Near the end of the log and of the ids there are few, each found by an index.
  const { rows } = await target.query<{ changes: NearChange[]; isNoted: boolean }>(
    `with near as (
       select xid, position, key from ${schema}.recent_changes where unit = $1 and table_name = $2 and position > $4::pg_lsn
       union all select xid, position, key from ${schema}.recent_changes
       where unit = $1 and table_name = $2 and xid >= $3::bigint and position <= $4::pg_lsn
       union all select xid, position, key from ${schema}.recent_changes
       where unit = $1 and table_name = $2 and xid < $3::bigint - 2147483648 and position <= $4::pg_lsn
     )
     select coalesce(
         (select jsonb_agg(distinct jsonb_build_object('xid', xid, 'isApplied', position <= $4::pg_lsn)) from near
          where key is null or ($5::uuid is null or ${keyOf} > $5) and ($6::uuid is null or ${keyOf} <= $6)
            and ($7::uuid[] is null or ${keyOf} = any($7))), '[]') as changes,
       exists (select from ${schema}.recent_changes
         where unit = $1 and table_name = '' and noted_at > clock_timestamp() - interval '10 seconds') as "isNoted"`,
    [unit, table, xmin, position, after ?? null, upTo ?? null, keys ?? null],
  );
  return rows[0] as { changes: NearChange[]; isNoted: boolean };
}

export async function lastChangeOf(
  target: pg.Pool,
  { schema, unit }: RecordPlace,
  table: string,
  key: string,
): Promise<LastChange | undefined> {
  const { rows } = await target.query<LastChange>(
    `select xid::float8 as xid, position::text, noted_at::text as "notedAt" from ${schema}.recent_changes
     where unit = $1 and table_name = $2 and ${keyOf} = $3::uuid order by recent_changes.position desc limit 1`,
    [unit, table, key],
  );
  return rows[0];
}

/** Transactions are never torn: all keys of the last one are among them. */
export async function keysAfter(
  target: pg.Pool,
  { schema, unit }: RecordPlace,
  table: string,
  after: string | undefined,
  limit: number,
): Promise<{ readonly key: string; readonly mark: string }[]> {
  const { rows } = await target.query<{ key: string; mark: string }>(
    `select ${keyOf}::text as key, position::text as mark from ${schema}.recent_changes
     where unit = $1 and table_name = $2 and key is not null and position > coalesce($3, '0/0')::pg_lsn
     order by recent_changes.position fetch first $4 rows with ties`,
    [unit, table, after ?? null, limit],
  );
  return rows;
}

/** The keys that were changed in the last so many ms; `undefined` when a change was of no known key. */
export async function keysSince(
  target: pg.Pool,
  { schema, unit }: RecordPlace,
  table: string,
  ms: number,
): Promise<readonly string[] | undefined> {
  const { rows } = await target.query<{ key: string | null }>(
    `select distinct ${keyOf}::text as key from ${schema}.recent_changes
     where unit = $1 and table_name = $2 and noted_at > clock_timestamp() - $3 * interval '1 ms'`,
    [unit, table, ms],
  );
  const keys = rows.flatMap(({ key }) => (key === null ? [] : [key]));
  return keys.length === rows.length ? keys : undefined;
}
