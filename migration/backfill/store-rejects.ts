import type { Change } from '@ticketbuddy/change-stream';
import type pg from 'pg';
import type { Place } from './store.ts';

export type RejectRow = {
  readonly table: string;
  readonly key: string;
  readonly operation: Change['operation'];
  readonly row: string | null;
  readonly reason: string;
};

export async function saveRejects(
  tx: pg.PoolClient,
  { schema, unit }: Place,
  rejects: readonly RejectRow[],
): Promise<void> {
  const column = (name: keyof RejectRow) => rejects.map((reject) => reject[name]);
  await tx.query(
    `insert into ${schema}.rejects (unit, table_name, key, operation, row, reason)
     select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
     on conflict (unit, table_name, key) do update
       set operation = excluded.operation, row = excluded.row, reason = excluded.reason, rejected_at = now()`,
    [unit, column('table'), column('key'), column('operation'), column('row'), column('reason')],
  );
}

/** With no keys: all of the table. */
export async function deleteRejects(
  tx: pg.PoolClient,
  { schema, unit }: Place,
  table: string,
  keys?: readonly string[],
): Promise<void> {
  await tx.query(
    `delete from ${schema}.rejects where unit = $1 and table_name = $2 and ($3::text[] is null or key = any($3))`,
    [unit, table, keys ?? null],
  );
}

/** In the order of their keys, those after the given one. */
export async function readRejects(
  client: pg.PoolClient,
  { schema, unit }: Place,
  table: string,
  after: string,
  limit: number,
): Promise<RejectRow[]> {
  const { rows } = await client.query<RejectRow>(
    `select table_name as table, key, operation, row, reason from ${schema}.rejects
     where unit = $1 and table_name = $2 and key collate "C" > $3 order by key collate "C" limit $4`,
    [unit, table, after, limit],
  );
  return rows;
}

/** Of all of them. */
export async function readRejectedKeys(
  client: pg.PoolClient,
  { schema, unit }: Place,
  table: string,
): Promise<string[]> {
  const { rows } = await client.query(`select key from ${schema}.rejects where unit = $1 and table_name = $2`, [
    unit,
    table,
  ]);
  return rows.map(({ key }) => key);
}

export async function firstRejects(pool: pg.Pool, { schema, unit }: Place, limit: number): Promise<RejectRow[]> {
  const { rows } = await pool.query<RejectRow>(
    `select table_name as table, key, operation, row, reason from ${schema}.rejects
     where unit = $1 order by rejected_at, key limit $2`,
    [unit, limit],
  );
  return rows;
}

export async function countByTable(
  client: pg.Pool,
  { schema, unit }: Place,
): Promise<{ readonly table: string; readonly rejects: number }[]> {
  const { rows } = await client.query(
    `select table_name as table, count(*)::int as rejects from ${schema}.rejects where unit = $1 group by 1 order by 1`,
    [unit],
  );
  return rows;
}
