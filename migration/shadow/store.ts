import type { Place } from '@ticketbuddy/backfill';
import type { Position } from '@ticketbuddy/change-stream';
import { schemaSql } from '@ticketbuddy/postgres';
import type pg from 'pg';
import type { Count, Example, Group } from './tally.ts';

type Querying = Pick<pg.ClientBase, 'query'>;

/** The tables of this package, beside those of the backfill in the target. */
export async function createShadowTables(target: Querying, { schema }: Pick<Place, 'schema'>): Promise<void> {
  await target.query(`
    ${schemaSql(schema)};
    create table if not exists ${schema}.recent_changes (
      unit text not null, table_name text not null, key text, xid bigint not null, position pg_lsn not null,
      noted_at timestamptz not null default clock_timestamp());
    create index if not exists recent_changes_xid on ${schema}.recent_changes (unit, table_name, xid);
    create index if not exists recent_changes_position on ${schema}.recent_changes (unit, table_name, position);
    create table if not exists ${schema}.shadow_counts (
      unit text, gateway text, endpoint text, outcome text, reason text, count bigint not null, last_at timestamptz not null,
      primary key (unit, gateway, endpoint, outcome, reason));
    create table if not exists ${schema}.shadow_diffs (
      unit text, gateway text, endpoint text, path text, kind text, is_noise boolean, count bigint not null,
      first_at timestamptz not null, last_at timestamptz not null, examples jsonb not null,
      primary key (unit, gateway, endpoint, path, kind, is_noise))`);
}

export type Note = { readonly table: string; readonly key: string | null };

/** A note of a transaction: the lower 32 bits of its id, and where in the log it ends. */
export type DatedNote = Note & { readonly xid: number; readonly position: Position };

/** What no table is called: it says that notes are taken. */
export const beatNote: Note = { table: '', key: null };

/** With a heartbeat among them it also forgets what is older than any comparison can be. */
export async function insertRecent(tx: Querying, { schema, unit }: Place, notes: readonly DatedNote[]): Promise<void> {
  await tx.query(
    `with forgotten as (
       delete from ${schema}.recent_changes
       where $6 and unit = $1 and noted_at < clock_timestamp() - interval '1 minute')
     insert into ${schema}.recent_changes (unit, table_name, key, xid, position)
     select $1, noted.* from unnest($2::text[], $3::text[], $4::bigint[], $5::pg_lsn[]) as noted`,
    [
      unit,
      notes.map(({ table }) => table),
      notes.map(({ key }) => key),
      notes.map(({ xid }) => xid),
      notes.map(({ position }) => position),
      notes.some(({ table }) => table === beatNote.table),
    ],
  );
}

export type Recent = {
  /** Notes of the tables, rows or not, that concern one of the aggregates; the ids are the lower 32 bits, as the log has them. */
  readonly notes: readonly (Note & { readonly xid: number })[];
  /** Whoever applies has left a mark of late. */
  readonly isNoted: boolean;
};

/**
 * What is noted of the aggregates by transactions that are not older than `xmin`, of which these are the lower 32 bits. They are few,
 * and found by the index; where the bits begin anew, older ones may be among them.
 */
export async function readRecent(
  target: Querying,
  { schema, unit }: Place,
  aggregates: readonly Note[],
  xmin: number,
): Promise<Recent> {
  const { rows } = await target.query<Recent>(
    `with noted as (
       select table_name, key, xid from ${schema}.recent_changes where unit = $1 and table_name = any($2) and xid >= $4::bigint
       union all
       select table_name, key, xid from ${schema}.recent_changes
       where unit = $1 and table_name = any($2) and xid < $4::bigint - 2147483648)
     select array(
         select distinct jsonb_build_object('table', table_name, 'key', noted.key, 'xid', noted.xid)
         from noted join unnest($2::text[], $3::text[]) as a (table_name, key) using (table_name)
         where a.key is null or noted.key is null or noted.key = a.key) as notes,
       exists (select from ${schema}.recent_changes
         where unit = $1 and table_name = '${beatNote.table}' and noted_at > clock_timestamp() - interval '10 seconds') as "isNoted"`,
    [unit, aggregates.map(({ table }) => table), aggregates.map(({ key }) => key), xmin],
  );
  return rows[0] as Recent;
}

export async function addCounts(
  tx: Querying,
  { schema, unit }: Place,
  gateway: string,
  counts: readonly Count[],
): Promise<void> {
  await tx.query(
    `insert into ${schema}.shadow_counts as known (unit, gateway, endpoint, outcome, reason, count, last_at)
     select $1, $2, endpoint, outcome, reason, count, last_at
     from unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[])
       as c (endpoint, outcome, reason, count, last_at)
     on conflict (unit, gateway, endpoint, outcome, reason) do update
       set count = known.count + excluded.count, last_at = excluded.last_at`,
    [
      unit,
      gateway,
      counts.map(({ endpoint }) => endpoint),
      counts.map(({ outcome }) => outcome),
      counts.map(({ reason }) => reason),
      counts.map(({ count }) => count),
      counts.map(({ lastAt }) => `${lastAt}`),
    ],
  );
}

export async function addGroups(
  tx: Querying,
  { schema, unit }: Place,
  gateway: string,
  groups: readonly Group[],
  examplesMax: number,
): Promise<void> {
  const column = <K extends keyof Group>(name: K) => groups.map((group) => group[name]);
  await tx.query(
    `insert into ${schema}.shadow_diffs as known
       (unit, gateway, endpoint, path, kind, is_noise, count, first_at, last_at, examples)
     select $1, $2, g.*
     from unnest($3::text[], $4::text[], $5::text[], $6::boolean[], $7::bigint[], $8::timestamptz[], $9::timestamptz[],
       $10::jsonb[]) as g
     on conflict (unit, gateway, endpoint, path, kind, is_noise) do update
       set count = known.count + excluded.count, last_at = excluded.last_at,
         examples = jsonb_path_query_array(excluded.examples || known.examples, '$[0 to ${examplesMax - 1}]')`,
    [
      unit,
      gateway,
      column('endpoint'),
      column('path'),
      column('kind'),
      column('isNoise'),
      column('count'),
      column('firstAt').map(String),
      column('lastAt').map(String),
      column('examples').map((examples) => JSON.stringify(examples)),
    ],
  );
}

/** Of all gateways together. */
export async function readCounts(target: Querying, { schema, unit }: Place): Promise<Count[]> {
  const { rows } = await target.query<Count>(
    `select endpoint, outcome, reason, sum(count)::float8 as count, max(last_at) as "lastAt"
     from ${schema}.shadow_counts where unit = $1 group by endpoint, outcome, reason order by endpoint, outcome, reason`,
    [unit],
  );
  return rows;
}

/** Of all gateways together; the examples of one that saw it last come first. */
export async function readGroups(target: Querying, { schema, unit }: Place): Promise<Group[]> {
  const { rows } = await target.query<Omit<Group, 'examples'> & { readonly examples: readonly Example[][] }>(
    `select endpoint, path, kind, is_noise as "isNoise", sum(count)::float8 as count, min(first_at) as "firstAt",
       max(last_at) as "lastAt", jsonb_agg(examples order by last_at desc) as examples
     from ${schema}.shadow_diffs where unit = $1
     group by endpoint, path, kind, is_noise order by endpoint, path, kind, is_noise`,
    [unit],
  );
  return rows.map((row) => ({ ...row, examples: row.examples.flat() }));
}

/** As if nothing had been compared yet: for a candidate that was mended. */
export async function forgetShadow(target: Querying, { schema, unit }: Place): Promise<void> {
  for (const table of ['shadow_counts', 'shadow_diffs']) {
    await target.query(`delete from ${schema}.${table} where unit = $1`, [unit]);
  }
}
