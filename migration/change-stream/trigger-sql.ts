import pg from 'pg';
import { exactTextSettings } from './store.ts';
import { nameOf, type Unit } from './unit.ts';

/** Tables for what triggers write. */
export function changeTablesSql(unit: Unit): string {
  const schema = nameOf(unit);
  return `
    create table ${schema}.changes (
      seq bigint generated always as identity, xid xid8 not null, lsn pg_lsn not null, origin text, shape uuid not null,
      schema_name text not null, table_name text not null, operation text not null, old_key text[], row_values text[])
      with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
    create index changes_xid on ${schema}.changes (xid);
    create table ${schema}.commits (xid xid8 primary key, position pg_lsn unique not null, rows bigint not null)
      with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
    create table ${schema}.reading (
      is_only boolean primary key default true check (is_only), confirmed pg_lsn, caught_by jsonb not null default '{}');
    insert into ${schema}.reading default values`;
}

/** Has a row once a change was not written down, since there were too many: what comes after it is of no use. */
export function cutOffSql(unit: Unit): string {
  return `create table if not exists ${nameOf(unit)}.cut_off (since timestamptz not null default clock_timestamp())`;
}

/** One value for the columns of the table `rel` as they are now, the same as `shapeHash`. */
export function shapeSql(rel: string): string {
  return `(select md5(coalesce(string_agg(attname || ' ' || atttypid || ':' || atttypmod, ',' order by attnum), ''))::uuid from pg_attribute
    where attrelid = ${rel} and attnum > 0 and not attisdropped and attgenerated = '')`;
}

/**
 * Answers a query for the changes of one statement: \`operation\`, \`old_key\`, \`row_values\`. A value is what its type's output
 * function writes: a cast does the same, unless the type has one of its own. An update is two sets, paired by the keys: the
 * old ones and the new ones. \`is_nested\`: a statement ran within this one or another, and may have told of the same rows
 * already, so that only the rows as they are now are known to be right. They are found by the operators of the types that every
 * server has, since no others are known to whoever runs it; what counts is that the keys are the same text.
 */
export function capturingSql(unit: Unit): string {
  return `
    create or replace function ${nameOf(unit)}.capturing(rel oid, op text, key text[], is_nested boolean) returns text
    language plpgsql stable set search_path = pg_catalog, pg_temp as $capturing$
    declare
      vals text;
      keys text;
      has_key boolean;
      named text;
      numbered text;
      same text;
    begin
      with columns as (
        select attnum, attname, typtype = 'e' or coalesce(nullif(typbasetype, 0), atttypid) < ${firstOwnType} as is_usual, case
          when typtype in ('b', 'e') and (atttypid in (25, 1043)
            or not exists (select from pg_cast where castsource = atttypid and casttarget = 25)) then format('r.%I::text', attname)
          else format('case when num_nulls(r.%1$I) = 0 then format(''%%s'', r.%1$I) end', attname) end as value
        from pg_attribute join pg_type on pg_type.oid = atttypid
        where attrelid = rel and attnum > 0 and not attisdropped and attgenerated = '')
      select '(array[' || coalesce((select string_agg(value, ', ' order by attnum) from columns), '') || ']::text[] collate "C")',
        '(array[' || string_agg(coalesce(value, 'null'), ', ' order by nth) || ']::text[] collate "C")',
        bool_and(value is not null),
        string_agg(format('r.%I', name), ', ' order by nth),
        string_agg(format('key_%s', nth), ', ' order by nth),
        coalesce(string_agg(format('r.%I = touched.key_%s and ', name, nth), '' order by nth) filter (where is_usual), '')
      into vals, keys, has_key, named, numbered, same
      from unnest(key) with ordinality as k (name, nth) left join columns on attname = name;
      if is_nested and has_key then
        return format(
          'select case when now.vals is null then ''delete'' else ''update'' end, touched.told_key, now.vals
           from (select distinct on (%1$s) %1$s, %2$s from (%3$s) as r) as touched (told_key, %4$s)
           left join lateral (select %5$s as vals from %6$s as r where %7$s %1$s = touched.told_key) as now on true
           order by now.vals is not null',
          keys, named, case op
            when 'INSERT' then 'select * from new_rows' when 'DELETE' then 'select * from old_rows'
            else 'select * from old_rows union all select * from new_rows' end, numbered, vals, rel::regclass, same);
      end if;
      return case op
        when 'INSERT' then format('select ''insert'', null::text[], %s from new_rows as r', vals)
        when 'DELETE' then format('select ''delete'', %s, null::text[] from old_rows as r', keys)
        else format(
          'select case when vals is null then ''delete'' when was then ''update'' else ''insert'' end, case when was then k end, vals
           from (select k, bool_or(is_old) as was, max(vals) as vals from (
             select %1$s as k, true as is_old, null::text[] as vals from old_rows as r
             union all select %1$s, false, %2$s from new_rows as r) as both_sets group by k) as paired
           order by vals is not null, not was', keys, vals) end;
    end $capturing$;`;
}

// Types with higher numbers are made by somebody, and have operators in whatever schema.
const firstOwnType = 16_384;

export type CaughtTable = {
  readonly oid: number;
  readonly key: readonly string[];
  /** Of the columns that the statements of the function are made for. */
  readonly shape: string;
  /** Where what is too large for a row of the change table is kept. */
  readonly overflow: number;
  /** What the queries for the three operations are, as `capturing` answered. */
  readonly queries: { readonly insert: string; readonly update: string; readonly delete: string };
};

const changesBytesMax = 2 * 2 ** 30;

function functionName(unit: Unit, oid: number): string {
  return `${nameOf(unit)}.changes_of_${oid}`;
}

/**
 * What runs in the legacy's transactions, once a statement. It must never fail: columns that it was not made for are looked
 * up, which takes a little longer, and are told by their \`shape\`.
 */
export function catchingSql(unit: Unit, { oid, key, shape, overflow, queries }: CaughtTable): string {
  const schema = nameOf(unit);
  const keys = `array[${key.map((name) => pg.escapeLiteral(name)).join(', ')}]::text[]`;
  const insert = `insert into ${schema}.changes
        (xid, lsn, origin, shape, schema_name, table_name, operation, old_key, row_values)
      select pg_current_xact_id(), its_end, its_origin, its_shape, tg_table_schema, tg_table_name, c.* from (`;
  return functionSql(
    unit,
    oid,
    `declare
      its_end pg_lsn := pg_current_wal_insert_lsn();
      its_origin text := nullif(current_setting('ticketbuddy.origin', true), '');
      its_shape uuid := ${shapeSql('tg_relid')};
    begin
      if pg_relation_size('${schema}.changes') + coalesce(pg_relation_size(${overflow}), 0) > ${unit.changesBytesMax ?? changesBytesMax} then
        -- In the transaction of what is left out: whoever sees that sees this.
        if not exists (select from ${schema}.cut_off) then insert into ${schema}.cut_off default values; end if;
        return null;
      end if;
      -- Whoever has no right to ask is never asked: the right is looked for before the condition is.
      if its_origin is not null then
        if not pg_replication_origin_session_is_setup() then its_origin := null; end if;
      end if;
      if pg_trigger_depth() > 1 then perform set_config('ticketbuddy.is_nested', 'on', true); end if;
      if tg_op = 'TRUNCATE' then
        ${insert} values ('truncate', null::text[], null::text[])) as c;
      elsif its_shape <> '${shape}' or current_setting('ticketbuddy.is_nested', true) = 'on' then
        execute 'insert into ${schema}.changes
            (xid, lsn, origin, shape, schema_name, table_name, operation, old_key, row_values)
          select pg_current_xact_id(), $1, $2, $3, $4, $5, c.* from (' || ${schema}.capturing(tg_relid, tg_op, ${keys},
            coalesce(current_setting('ticketbuddy.is_nested', true) = 'on', false)) || ') as c'
          using its_end, its_origin, its_shape, tg_table_schema, tg_table_name;
      elsif tg_op = 'INSERT' then
        ${insert}${queries.insert}) as c;
      elsif tg_op = 'UPDATE' then
        ${insert}${queries.update}) as c;
      else
        ${insert}${queries.delete}) as c;
      end if;
      return null;
    end`,
  );
}

/** Captures nothing. A function is replaced without waiting for anybody, and a trigger is not. */
export function idleSql(unit: Unit, oid: number): string {
  return functionSql(unit, oid, 'begin return null; end');
}

function functionSql(unit: Unit, oid: number, body: string): string {
  const settings = Object.entries(exactTextSettings).map(([name, value]) => `set ${name} = '${value}'`);
  return `create or replace function ${functionName(unit, oid)}() returns trigger language plpgsql volatile security definer
    set search_path = pg_catalog, pg_temp ${settings.join(' ')} as ${pg.escapeLiteral(body)}`;
}

const events = [
  ['insert', 'referencing new table as new_rows'],
  ['update', 'referencing old table as old_rows new table as new_rows'],
  ['delete', 'referencing old table as old_rows'],
  ['truncate', ''],
] as const;

/** `always`: a session that plays a replica is seen, too. */
export function triggersSql(unit: Unit, table: string, oid: number): string {
  return events
    .map(
      ([event, rows]) => `
      create or replace trigger ${triggerName(unit, event)} after ${event} on ${table} ${rows}
        for each statement execute function ${functionName(unit, oid)}();
      alter table ${table} enable always trigger ${triggerName(unit, event)};`,
    )
    .join('');
}

export function dropTriggersSql(unit: Unit, table: string): string {
  return events.map(([event]) => `drop trigger if exists ${triggerName(unit, event)} on ${table}`).join('; ');
}

// No longer than a name may be, however long the unit's is.
function triggerName(unit: Unit, event: string): string {
  return `tb_${event}_${unit.name}`;
}
