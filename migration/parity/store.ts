import { exactTextSettings, type Position } from '@ticketbuddy/change-stream';
import { withTransaction } from '@ticketbuddy/postgres';
import type pg from 'pg';
import { canonicalRow, canonicalText, summedText } from './canonical.ts';
import type { Compared, Range, SideOf } from './compared.ts';

type Querying = Pick<pg.ClientBase, 'query'>;

/** Of the rows in a range, whatever their order: how many they are, and the sums of both halves of their MD5. */
export type Sum = { readonly rows: number; readonly high: string; readonly low: string };

export function isSame(one: Sum, other: Sum): boolean {
  return one.rows === other.rows && one.high === other.high && one.low === other.low;
}

/** A row by its facts, each in its canonical text. */
export type RowFacts = { readonly key: string; readonly facts: readonly (string | null)[] };

/**
 * Sums, not XOR: two rows that are the same do not cancel each other, nor do changes that come in pairs. 128 bits of hash
 * are summed in two halves, since sums of 64-bit integers are exact and fast.
 */
export async function sumOf(query: Querying, compared: Compared, side: SideOf, range: Range): Promise<Sum> {
  const { sql, values } = rowsIn(compared, side, range, summedText);
  const { rows } = await query.query(sumsIn(compared, sql), [...values]);
  return rows[0];
}

/** The same for many ranges, in one question. */
export async function sumsOf(query: Querying, compared: Compared, side: SideOf, ranges: readonly Range[]) {
  const spans = ranges.filter(({ keys }) => keys === undefined);
  const { rows: sums } = await query.query<Sum>(
    `select s.* from unnest($1::uuid[], $2::uuid[]) with ordinality as piece (after, up_to, nth)
       cross join lateral (${sumsIn(compared, rowsWhere(compared, side, inPiece, summedText))}) as s order by piece.nth`,
    [spans.map(({ after }) => after ?? null), spans.map(({ upTo }) => upTo ?? null)],
  );
  const found = new Map(spans.map((span, nth) => [span, sums[nth]]));
  const each: Sum[] = [];
  for (const range of ranges) each.push(found.get(range) ?? (await sumOf(query, compared, side, range)));
  return each;
}

// Borders that are not given are the ends of all uuids, so that an index serves in any case.
function inPiece(key: string): string {
  return `${key} >= coalesce(piece.after, '00000000-0000-0000-0000-000000000000')
    and ${key} <= coalesce(piece.up_to, 'ffffffff-ffff-ffff-ffff-ffffffffffff') and ${key} is distinct from piece.after`;
}

/** Rows by their keys. */
export async function rowsOf(query: Querying, compared: Compared, side: SideOf, range: Range): Promise<RowFacts[]> {
  const { sql, values } = rowsIn(compared, side, range, canonicalText);
  const { rows } = await query.query(`${sql} order by 1`, [...values]);
  return rows.map(({ key, ...facts }) => ({ key, facts: compared.columns.map((_, nth) => facts[`fact_${nth}`]) }));
}

/** The keys that part a range into pieces of about so many rows of that side, the last one left out. */
export async function borders(
  query: Querying,
  compared: Compared,
  side: SideOf,
  range: Range,
  rowsAPiece: number,
): Promise<string[]> {
  const { table, key } = compared[side];
  const { sql, values } = within(key, range);
  const { rows } = await query.query(
    `select key from (select ${key} as key, row_number() over (order by ${key}) as nth from ${table} as t where ${sql}) as k
     where nth % $${values.length + 1} = 0 order by key`,
    [...values, rowsAPiece],
  );
  return rows.map((row) => row.key);
}

/** How far a chunk of so many rows of the source reaches; no key when it is the last one. */
export async function chunkEnd(
  query: Querying,
  compared: Compared,
  after: string | undefined,
  limit: number,
): Promise<{ readonly upTo: string | undefined; readonly rows: number }> {
  const { table, key } = compared.source;
  const { sql, values } = within(key, { after });
  const { rows } = await query.query(
    `select count(*)::int as rows, (array_agg(key order by key desc))[1]::text as last
     from (select ${key} as key from ${table} as t where ${sql} order by ${key} limit ${limit}) as k`,
    [...values],
  );
  return { upTo: rows[0].rows < limit ? undefined : rows[0].last, rows: rows[0].rows };
}

/** Runs `work`, which only reads, on the state of one moment. */
export function atOneMoment<R>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<R>): Promise<R> {
  return withTransaction(pool, async (client) => {
    await client.query('set transaction isolation level repeatable read, read only');
    return work(client);
  });
}

/** Which transactions the reader of the source sees, and a position behind all of them. */
export type SourceMoment = { readonly snapshot: string; readonly position: Position };

// The snapshot is taken before the statement runs, and the end of the log is asked for after.
export async function readSourceMoment(client: pg.PoolClient): Promise<SourceMoment> {
  const { rows } = await client.query<SourceMoment>(
    'select pg_current_snapshot()::text as snapshot, pg_current_wal_insert_lsn()::text as position',
  );
  return rows[0] as SourceMoment;
}

export async function readLogEnd(source: pg.Pool): Promise<Position> {
  const { rows } = await source.query('select pg_current_wal_insert_lsn()::text as position');
  return rows[0].position;
}

/** The rows of a query, each value as text. */
export type Answer = readonly (readonly (string | null)[])[];

export async function answerOf(client: pg.PoolClient, query: string): Promise<Answer> {
  const settings = Object.entries(exactTextSettings).map(([name, value]) => `set local ${name} = '${value}'`);
  await client.query(settings.join('; '));
  const types = { getTypeParser: () => (text: string) => text };
  const { rows } = await client.query({ text: query, rowMode: 'array', types });
  return rows;
}

// Without `offset 0` each value would be written as often as it is read, which takes three times as long.
function sumsIn({ columns }: Compared, rows: string): string {
  const row = canonicalRow(['key::text', ...columns.map((_, nth) => `fact_${nth}`)]);
  return `select count(*)::int as rows,
      coalesce(sum(substring(hash, 1, 64)::bigint), 0)::text as high,
      coalesce(sum(substring(hash, 65, 64)::bigint), 0)::text as low
    from (select ('x' || md5(convert_to(${row}, 'UTF8')))::bit(128) as hash from (${rows} offset 0) as r offset 0) as h`;
}

type TextOf = typeof canonicalText;

function rowsIn(compared: Compared, side: SideOf, range: Range, textOf: TextOf) {
  const { sql, values } = within(compared[side].key, range);
  return { sql: rowsWhere(compared, side, () => sql, textOf), values };
}

function rowsWhere(
  { columns, ...places }: Compared,
  side: SideOf,
  where: (key: string) => string,
  textOf: TextOf,
): string {
  const { table, key } = places[side];
  const facts = columns.map((column, nth) => `${textOf(column[side], column.kind)} as fact_${nth}`);
  return `select ${[`${key} as key`, ...facts].join(', ')} from ${table} as t where ${where(key)}`;
}

function within(key: string, { after, upTo, keys }: Range) {
  const conditions = [
    { value: after, sql: (at: string) => `${key} > ${at}::uuid` },
    { value: upTo, sql: (at: string) => `${key} <= ${at}::uuid` },
    { value: keys, sql: (at: string) => `${key} = any(${at}::uuid[])` },
  ].filter(({ value }) => value !== undefined);
  const sql = conditions.map((condition, nth) => condition.sql(`$${nth + 1}`)).join(' and ');
  return { sql: sql || 'true', values: conditions.map(({ value }) => value) };
}
