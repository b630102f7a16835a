import type pg from 'pg';
import type { Position } from './position.ts';
import type { Queryable } from './store.ts';
import {
  type CaughtTable,
  capturingSql,
  catchingSql,
  changeTablesSql,
  cutOffSql,
  dropTriggersSql,
  idleSql,
  shapeSql,
  triggersSql,
} from './trigger-sql.ts';
import { nameOf, type Unit } from './unit.ts';

export async function hasChangeTable(client: Queryable, unit: Unit): Promise<boolean> {
  return isThere(client, `${nameOf(unit)}.changes`);
}

export async function hasCutOff(client: Queryable, unit: Unit): Promise<boolean> {
  return isThere(client, `${nameOf(unit)}.cut_off`);
}

async function isThere(client: Queryable, table: string): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>('select to_regclass($1) is not null as found', [table]);
  return rows[0]?.found === true;
}

/** To ask for an index that is there already would wait for those who write, and keep waiting who writes later. */
export async function createChangeTables(client: pg.PoolClient, unit: Unit): Promise<void> {
  if (!(await hasChangeTable(client, unit))) await client.query(changeTablesSql(unit));
  await client.query(cutOffSql(unit));
  await client.query(capturingSql(unit));
}

export type FoundTable = { readonly name: string; readonly oid: number | null };

export async function findTables(client: Queryable, names: readonly string[]): Promise<FoundTable[]> {
  const { rows } = await client.query<FoundTable>(
    'select name, to_regclass(name)::oid::int8 as oid from unnest($1::text[]) as name',
    [names],
  );
  return rows;
}

export type Unseen = { readonly name: string; readonly isSubscribed: boolean };

/** Those of the tables that are written in ways that no trigger of a statement on them sees. */
export async function readUnseen(client: Queryable, names: readonly string[]): Promise<Unseen[]> {
  const { rows } = await client.query<Unseen>(
    `select name, is_subscribed as "isSubscribed"
     from unnest($1::text[]) as name join pg_class on pg_class.oid = to_regclass(name),
       lateral (select exists (select from pg_subscription_rel where srrelid = pg_class.oid) as is_subscribed) as its
     where is_subscribed or relkind = 'p' or exists (select from pg_inherits where pg_class.oid in (inhrelid, inhparent))`,
    [names],
  );
  return rows;
}

/** Makes the function that writes down what is done to the table as it is now, anew if need be. */
export async function createCatching(
  client: Queryable,
  unit: Unit,
  { oid, key }: Pick<CaughtTable, 'oid' | 'key'>,
): Promise<void> {
  const capturing = `${nameOf(unit)}.capturing`;
  const { rows } = await client.query<CaughtTable['queries'] & Pick<CaughtTable, 'shape' | 'overflow'>>(
    `select ${capturing}($1::int8::oid, 'INSERT', $2, false) as insert, ${capturing}($1::int8::oid, 'UPDATE', $2, false) as update,
       ${capturing}($1::int8::oid, 'DELETE', $2, false) as delete, ${shapeSql('$1::int8::oid')}::text as shape,
       (select reltoastrelid::int8 from pg_class where oid = '${nameOf(unit)}.changes'::regclass) as overflow`,
    [oid, key],
  );
  const [{ shape, overflow, ...queries }] = rows as [(typeof rows)[0]];
  await client.query(catchingSql(unit, { oid, key, shape, overflow, queries }));
}

export async function createTriggers(client: pg.PoolClient, unit: Unit, table: string, oid: number): Promise<void> {
  await client.query(triggersSql(unit, table, oid));
}

export async function dropTriggers(client: pg.PoolClient, unit: Unit, table: string): Promise<void> {
  await client.query(dropTriggersSql(unit, table));
}

/** Each table that is caught, with what it is caught by: whoever takes a trigger off for a moment leaves it different. */
export type CaughtBy = Readonly<Record<string, string>>;

// For inserts, updates, deletes and truncates.
const triggersOfTable = 4;

export async function readTriggers(client: Queryable, unit: Unit): Promise<CaughtBy> {
  const { rows } = await client.query<{ table: string; by: string }>(
    `select tgrelid::int8::text as table,
       string_agg(concat_ws(' ', t.oid, t.xmin, tgenabled, p.oid, p.xmin), ', ' order by t.oid) as by
     from pg_trigger as t join pg_proc as p on p.oid = tgfoid
     where pronamespace = to_regnamespace($1) and tgenabled = 'A' group by tgrelid having count(*) = ${triggersOfTable}`,
    [nameOf(unit)],
  );
  return Object.fromEntries(rows.map(({ table, by }) => [table, by]));
}

export type Reading = {
  /** What came up to here is read; `null` while nothing is captured. */
  readonly confirmed: Position | null;
  readonly caughtBy: CaughtBy;
  /** Changes are missing, since there were too many for the table. */
  readonly isCutOff: boolean;
};

export async function readReading(client: Queryable, unit: Unit): Promise<Reading> {
  const { rows } = await client.query<Reading>(
    `select confirmed::text, caught_by as "caughtBy", exists (select from ${nameOf(unit)}.cut_off) as "isCutOff"
     from ${nameOf(unit)}.reading`,
  );
  return rows[0] ?? { confirmed: null, caughtBy: {}, isCutOff: false };
}

/** Everything from here on is kept, and nothing from before: whoever copies rows from now on finds it in them. */
export async function beginReading(client: pg.PoolClient, unit: Unit): Promise<Position> {
  for (const table of ['changes', 'commits', 'cut_off']) await client.query(`delete from ${nameOf(unit)}.${table}`);
  const { rows } = await client.query<{ confirmed: Position }>(
    `update ${nameOf(unit)}.reading set confirmed = pg_current_wal_insert_lsn() returning confirmed::text`,
  );
  return rows[0]?.confirmed ?? '0/0';
}

export async function saveCaughtBy(client: Queryable, unit: Unit): Promise<void> {
  await client.query(`update ${nameOf(unit)}.reading set caught_by = $1`, [
    JSON.stringify(await readTriggers(client, unit)),
  ]);
}

/** From now on what triggers do is nothing, in whatever session. */
export async function idleAll(client: pg.PoolClient, unit: Unit): Promise<void> {
  const { rows } = await client.query<{ oid: number }>(
    `select distinct tgrelid::int8 as oid from pg_trigger join pg_proc on pg_proc.oid = tgfoid where pronamespace = to_regnamespace($1)`,
    [nameOf(unit)],
  );
  for (const { oid } of rows) await client.query(idleSql(unit, oid));
  await client.query(`update ${nameOf(unit)}.reading set confirmed = null, caught_by = '{}'`);
}

export async function emptyChanges(client: pg.PoolClient, unit: Unit, by: 'truncate' | 'delete'): Promise<void> {
  const tables = [`${nameOf(unit)}.changes`, `${nameOf(unit)}.commits`];
  if (by === 'truncate') await client.query(`truncate ${tables.join(', ')}`);
  else for (const table of tables) await client.query(`delete from ${table}`);
}

export async function readChangesSize(client: Queryable, unit: Unit): Promise<number> {
  const { rows } = await client.query<{ bytes: number }>(
    `select (pg_total_relation_size('${nameOf(unit)}.changes') + pg_total_relation_size('${nameOf(unit)}.commits'))::float8 as bytes`,
  );
  return rows[0]?.bytes ?? 0;
}

/** Whoever reads the unit's changes holds this lock, as long as its session lives. */
const readerLock = `hashtextextended('ticketbuddy.changes.' || $1, 0)`;

export async function lockReader(client: pg.ClientBase, unit: Unit): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(`select pg_try_advisory_lock(${readerLock}) as taken`, [
    unit.name,
  ]);
  return rows[0]?.taken === true;
}

export async function readReaders(client: Queryable, unit: Unit): Promise<number[]> {
  const { rows } = await client.query<{ pid: number }>(
    `select pid from pg_locks where locktype = 'advisory' and granted and objsubid = 1
       and database = (select oid from pg_database where datname = current_database())
       and ((classid::bigint << 32) | objid::bigint) = ${readerLock}`,
    [unit.name],
  );
  return rows.map(({ pid }) => pid);
}

export async function endReaders(pool: pg.Pool, unit: Unit): Promise<void> {
  for (const pid of await readReaders(pool, unit)) await pool.query('select pg_terminate_backend($1)', [pid]);
}
