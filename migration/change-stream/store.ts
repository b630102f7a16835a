import type pg from 'pg';
import type { Heartbeat } from './batch.ts';
import type { Position } from './position.ts';
import type { Column, Shape } from './shape.ts';
import { heartbeatTable, nameOf, quotedName, type SourceTable, type Unit } from './unit.ts';

export type Queryable = pg.Pool | pg.PoolClient;

/** What makes PostgreSQL write one and the same text for a value, in every session that reads the source. */
export const exactTextSettings: Readonly<Record<string, string>> = {
  timezone: 'UTC',
  datestyle: 'ISO',
  intervalstyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
};

export async function createOwnTables(client: pg.PoolClient, unit: Unit): Promise<void> {
  const schema = nameOf(unit);
  await client.query(`
    create schema if not exists ${schema};
    create table if not exists ${schema}.captured (
      table_name text primary key, identity text not null, identity_index text, shape text not null);
    create table if not exists ${heartbeatTable(unit)} (
      is_only boolean primary key default true check (is_only), beat bigint not null, written_at timestamptz not null);
    insert into ${heartbeatTable(unit)} (beat, written_at) values (0, clock_timestamp()) on conflict do nothing`);
}

/** Its columns, but for those that are computed: of these no change tells. */
export async function readPrimaryKey(client: Queryable, table: SourceTable): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select attname::text as name from pg_index
       join pg_attribute on attrelid = indrelid and attnum = any(indkey)
     where indrelid = to_regclass($1) and indisprimary and attgenerated = '' order by array_position(indkey::int2[], attnum)`,
    [quotedName(table)],
  );
  return rows.map(({ name }) => name);
}

/** Waiting for a table's lock keeps all who come later waiting too: then this transaction gives up after a second. */
export async function lockBriefly(client: pg.PoolClient): Promise<void> {
  await client.query("set local lock_timeout = '1s'");
}

/** Remembers the table's replica identity as it was found, unless that has been done. */
export async function rememberTable(client: pg.PoolClient, unit: Unit, table: SourceTable): Promise<void> {
  await client.query(
    `insert into ${nameOf(unit)}.captured (table_name, identity, identity_index, shape)
     select $1::text, relreplident, (select indexrelid::regclass::text from pg_index where indrelid = pg_class.oid and indisreplident), ''
     from pg_class where oid = to_regclass($1::text) on conflict do nothing`,
    [quotedName(table)],
  );
}

export async function saveShape(client: Queryable, unit: Unit, shape: Shape): Promise<void> {
  await client.query(`update ${nameOf(unit)}.captured set shape = $2 where table_name = $1`, [
    shape.table,
    JSON.stringify(shape),
  ]);
}

export async function readSavedShapes(client: Queryable, unit: Unit): Promise<Shape[]> {
  const { rows } = await client.query<{ shape: string }>(`select shape from ${nameOf(unit)}.captured`);
  return rows.map(({ shape }) => JSON.parse(shape) as Shape);
}

/** The table as the catalogue has it, without generated columns; `undefined` when it does not exist. */
export async function readShape(client: Queryable, table: SourceTable): Promise<Shape | undefined> {
  const { rows } = await client.query<{ identity: string; columns: Column[] }>(
    `select relreplident::text as identity, coalesce(columns, '[]') as columns from pg_class, lateral (
       select json_agg(json_build_object('name', attname, 'typeOid', atttypid::int8, 'typeMod', atttypmod) order by attnum)
         as columns
       from pg_attribute where attrelid = pg_class.oid and attnum > 0 and not attisdropped and attgenerated = '') as its
     where oid = to_regclass($1)`,
    [quotedName(table)],
  );
  return rows[0] && { table: quotedName(table), ...rows[0] };
}

export async function hasOwnTables(client: Queryable, unit: Unit): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>('select to_regclass($1) is not null as found', [
    `${nameOf(unit)}.captured`,
  ]);
  return rows[0]?.found === true;
}

export type Captured = { readonly table: string; readonly identity: string; readonly index: string | null };

/** Each table's replica identity as it was found. A table that was dropped since has none. */
export async function readCaptured(pool: pg.Pool, unit: Unit): Promise<Captured[]> {
  const { rows } = await pool.query<Captured>(
    `select table_name as table, identity, identity_index as index from ${nameOf(unit)}.captured
     where to_regclass(table_name) is not null`,
  );
  return rows;
}

export async function dropOwnTables(client: pg.PoolClient, unit: Unit): Promise<void> {
  await client.query(`drop publication if exists ${nameOf(unit)};
    drop schema if exists ${nameOf(unit)} cascade`);
}

export async function readWalLevel(client: Queryable): Promise<string> {
  const { rows } = await client.query<{ level: string }>("select current_setting('wal_level') as level");
  return rows[0]?.level ?? '';
}

export async function writeHeartbeat(pool: pg.Pool, unit: Unit): Promise<number> {
  const { rows } = await pool.query<{ beat: number }>(
    `update ${heartbeatTable(unit)} set beat = beat + 1, written_at = clock_timestamp() returning beat`,
  );
  return rows[0]?.beat ?? 0;
}

export type SourceClock = {
  readonly bytes: number;
  readonly beat: number;
  readonly secondsSinceBeat: number;
  readonly secondsSinceApplied: number;
};

/** How far the log has grown past `position`, and how old the last heartbeat and the one that was applied are. */
export async function readClock(
  pool: pg.Pool,
  unit: Unit,
  position: Position,
  applied: Heartbeat | undefined,
): Promise<SourceClock> {
  const { rows } = await pool.query<SourceClock>(
    `select greatest(pg_current_wal_lsn() - $1::pg_lsn, 0)::float8 as bytes, beat,
       extract(epoch from clock_timestamp() - written_at)::float8 as "secondsSinceBeat",
       extract(epoch from clock_timestamp() - coalesce($2, written_at))::float8 as "secondsSinceApplied"
     from ${heartbeatTable(unit)}`,
    [position, applied?.writtenAt ?? null],
  );
  return rows[0] as SourceClock;
}
