import { schemaSql } from '@ticketbuddy/postgres';
import type pg from 'pg';
import { type Blocker, type Fence, type FencePlan, type OwnerChange, type Ownership, ownerChannel } from './owner.ts';

type Querying = Pick<pg.Pool, 'query'>;

export type GuardedTable = {
  readonly table: string;
  readonly oid: number;
  readonly isAlways: boolean;
  /** Inserts, updates, deletes and truncates, before they are done, once a statement. */
  readonly coversAll: boolean;
  readonly side: string;
  readonly needsEpoch: boolean;
  /** The trigger's definition, for who is let through. */
  readonly condition: string;
};

/**
 * The guard runs as its owner, so that a writer needs no right on the fence. Lock and read are two statements, since one
 * that does both sees the row as it was before it waited. Above READ COMMITTED a plain read would see the row as it was
 * when the transaction began: there it locks the row, which fails if it has changed since.
 */
export const guardSql = `
create or replace function ticketbuddy_migration.guard() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $guard$
declare
  fence record;
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('ticketbuddy:' || tg_argv[0], 0));
  if current_setting('transaction_isolation') = 'read committed' then
    select owner, epoch into fence from ticketbuddy_migration.fences where unit = tg_argv[0];
  else
    select owner, epoch into fence from ticketbuddy_migration.fences where unit = tg_argv[0] for share;
  end if;
  if fence.owner is distinct from tg_argv[1] then
    raise exception '% is written by %, not here', tg_argv[0], coalesce(fence.owner, 'nobody') using errcode = 'TBF01';
  end if;
  if tg_argv[2] = 'epoch' and current_setting('ticketbuddy.epoch', true) is distinct from fence.epoch::text then
    raise exception '% is written in epoch %, not in %', tg_argv[0], fence.epoch,
      coalesce(nullif(current_setting('ticketbuddy.epoch', true), ''), 'none') using errcode = 'TBF01';
  end if;
  return null;
end $guard$`;

export async function createGuard(client: Querying): Promise<void> {
  await client.query(fencesSql);
  await client.query(guardSql);
}

/** Whether the function that refuses is there, and is the one that we made. */
export async function isGuardOurs(query: Querying): Promise<boolean> {
  const { rows } = await query.query(
    `select prosrc from pg_proc where oid = to_regprocedure('ticketbuddy_migration.guard()') and prosecdef`,
  );
  return rows.length === 1 && guardSql.includes(rows[0].prosrc);
}

/** Who owns which unit, on this side. */
export const fencesSql = `${schemaSql('ticketbuddy_migration')};
  create table if not exists ticketbuddy_migration.fences (
    unit text primary key,
    owner text not null check (owner in ('legacy', 'next', 'moving')),
    epoch bigint not null check (epoch > 0),
    deadline timestamptz
  )`;

export async function limitWaits(client: Querying, waitMsMax: number): Promise<void> {
  await client.query(`select set_config('lock_timeout', $1, true)`, [`${waitMsMax}ms`]);
}

/** Waits for whoever is about to change the owner; no writer does. Nobody else changes it to the end of the transaction. */
export async function lockOwner(client: Querying, unit: string): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtextextended('ticketbuddy:owner:' || $1, 0))`, [unit]);
}

/** Waits until nobody writes the unit, and keeps everybody away to the end of the transaction. */
export async function lockUnit(client: Querying, unit: string): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtextextended('ticketbuddy:' || $1, 0))`, [unit]);
}

export async function findRow(query: Querying, unit: string): Promise<Fence | undefined> {
  const { rows } = await query.query(
    'select owner, epoch, deadline from ticketbuddy_migration.fences where unit = $1',
    [unit],
  );
  const [row] = rows;
  return row && { owner: row.owner, epoch: Number(row.epoch), deadline: row.deadline ?? undefined };
}

export async function insertRow(client: Querying, unit: string, { owner, epoch }: Ownership): Promise<void> {
  await client.query('insert into ticketbuddy_migration.fences (unit, owner, epoch) values ($1, $2, $3)', [
    unit,
    owner,
    epoch,
  ]);
}

/** Answers whether the row was as `from` says, and is now as `to` says; then the edges hear of it when that is committed. */
export async function changeRow(client: Querying, { unit, from, to, unless }: OwnerChange): Promise<boolean> {
  const { rowCount } = await client.query(
    `with changed as (
       update ticketbuddy_migration.fences set owner = $4, epoch = $5, deadline = $6
       where unit = $1 and owner = $2 and epoch = $3 and ($7::timestamptz is null or deadline is distinct from $7) returning unit
     ) select pg_notify('${ownerChannel}', '') from changed`,
    [unit, from.owner, from.epoch, to.owner, to.epoch, to.deadline?.toString() ?? null, unless?.toString() ?? null],
  );
  return rowCount === 1;
}

/** Replaces the one of the unit that is there. `always`: a session that plays a replica is no way around it. */
export async function createTrigger(client: pg.PoolClient, plan: FencePlan, table: string): Promise<void> {
  const literal = (text: string) => client.escapeLiteral(text);
  const appliers = plan.appliers.map(literal).join(', ');
  const name = client.escapeIdentifier(triggerOf(plan.unit));
  await client.query(`
    create or replace trigger ${name} before insert or update or delete or truncate on ${table} for each statement
    when (session_user <> all (array[${appliers}]::name[]))
    execute function ticketbuddy_migration.guard(${literal(plan.unit)}, ${literal(plan.side)}, ${plan.needsEpoch ? `'epoch'` : `'any'`})`);
  await client.query(`alter table ${table} enable always trigger ${name}`);
}

// Bits of pg_trigger.tgtype: before 2, insert 4, delete 8, update 16, truncate 32; 1 is "for each row".
const allWritesBefore = 2 + 4 + 8 + 16 + 32;

export async function guardedTables(query: Querying, unit: string): Promise<GuardedTable[]> {
  const { rows } = await query.query(
    `select format('%I.%I', n.nspname, c.relname) as table, c.oid::int8 as oid, t.tgenabled = 'A' as "isAlways",
       t.tgtype = $2 as "coversAll", string_to_array(encode(t.tgargs, 'escape'), '\\000') as arguments,
       pg_get_triggerdef(t.oid) as condition
     from pg_trigger as t join pg_class as c on c.oid = t.tgrelid join pg_namespace as n on n.oid = c.relnamespace
     join pg_proc as p on p.oid = t.tgfoid join pg_namespace as f on f.oid = p.pronamespace
     where t.tgname = $1 and f.nspname = 'ticketbuddy_migration' and p.proname = 'guard'`,
    [triggerOf(unit), allWritesBefore],
  );
  return rows.map(({ arguments: [, side, epoch], ...row }) => ({ ...row, side, needsEpoch: epoch === 'epoch' }));
}

/** By their names as SQL has them, however they are quoted. */
export async function oidsOf(query: Querying, tables: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await query.query(
    'select name, to_regclass(name)::oid::int8 as oid from unnest($1::text[]) as name',
    [tables],
  );
  return new Map(rows.map(({ name, oid }) => [name, Number(oid)]));
}

/** Whose transactions have written to the unit or to one of the tables, and are not over. */
export async function blockersOf(query: Querying, unit: string, tables: readonly string[]): Promise<Blocker[]> {
  const { rows } = await query.query(
    `select distinct a.pid, coalesce(nullif(a.application_name, ''), 'unnamed') as application, left(a.query, 200) as query,
       (extract(epoch from now() - a.xact_start) * 1000)::int as "openForMs"
     from pg_locks as l join pg_stat_activity as a on a.pid = l.pid
     where l.granted and l.database = (select oid from pg_database where datname = current_database())
       and (l.locktype = 'advisory' and l.objsubid = 1
           and (l.classid::bigint << 32) | l.objid::bigint
             in (hashtextextended('ticketbuddy:' || $1, 0), hashtextextended('ticketbuddy:owner:' || $1, 0))
         or l.locktype = 'relation' and l.relation = any($2::text[]::regclass[]) and l.mode = 'RowExclusiveLock')
     order by "openForMs" desc`,
    [unit, tables],
  );
  return rows;
}

export async function logPosition(query: Querying): Promise<string> {
  return (await query.query('select pg_current_wal_lsn()::text as position')).rows[0].position;
}

export async function dropTrigger(client: Querying, unit: string, table: string): Promise<void> {
  await client.query(`drop trigger if exists "${triggerOf(unit)}" on ${table}`);
}

export async function dropAll(client: Querying, unit: string): Promise<void> {
  const { rows: found } = await client.query(`select to_regclass('ticketbuddy_migration.fences') is not null as there`);
  if (!found[0]?.there || !(await findRow(client, unit))) return;
  await client.query('delete from ticketbuddy_migration.fences where unit = $1', [unit]);
  const { rows } = await client.query('select from ticketbuddy_migration.fences');
  if (rows.length > 0) return;
  await client.query('drop function ticketbuddy_migration.guard()');
  await client.query('drop table ticketbuddy_migration.fences');
  await dropSchemaIfEmpty(client);
}

// Other parts of a move keep their tables in it too.
async function dropSchemaIfEmpty(client: Querying): Promise<void> {
  const { rows } = await client.query(
    `select from pg_class where relnamespace = 'ticketbuddy_migration'::regnamespace limit 1`,
  );
  if (rows.length === 0) await client.query('drop schema ticketbuddy_migration');
}

function triggerOf(unit: string): string {
  return `ticketbuddy_fence_of_${unit}`;
}
