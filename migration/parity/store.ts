import type pg from 'pg';
import { canonicalRow, canonicalText } from './canonical.ts';
import type { Compared, Range, SideOf } from './compared.ts';

type Querying = Pick<pg.ClientBase, 'query'>;

/** Of the rows in a range, whatever their order: how many they are, and the sums of both halves of their MD5. */
export type Sum = { readonly rows: number; readonly high: string; readonly low: string };

/** A row by its facts, each in its canonical text. */
export type RowFacts = { readonly key: string; readonly facts: readonly (string | null)[] };

/**
 * Sums, not XOR: two rows that are the same do not cancel each other, nor do changes that come in pairs. 128 bits of hash
 * are summed in two halves, since sums of 64-bit integers are exact and fast.
 */
export async function sumOf(query: Querying, compared: Compared, side: SideOf, range: Range): Promise<Sum> {
  const { sql, values } = rowsIn(compared, side, range);
  const { rows } = await query.query(
    `select count(*)::int as rows,
       coalesce(sum(('x' || left(hash, 16))::bit(64)::bigint), 0)::text as high,
       coalesce(sum(('x' || right(hash, 16))::bit(64)::bigint), 0)::text as low
     from (select md5(${canonicalRow(['key::text', ...compared.columns.map((_, nth) => `fact_${nth}`)])}) as hash from (${sql}) as r) as h`,
    [...values],
  );
  return rows[0];
}

/** Rows by their keys. */
export async function rowsOf(query: Querying, compared: Compared, side: SideOf, range: Range): Promise<RowFacts[]> {
  const { sql, values } = rowsIn(compared, side, range);
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

function rowsIn(compared: Compared, side: SideOf, range: Range) {
  const { table, key } = compared[side];
  const facts = compared.columns.map((column, nth) => `${canonicalText(column[side], column.kind)} as fact_${nth}`);
  const { sql, values } = within(key, range);
  return { sql: `select ${[`${key} as key`, ...facts].join(', ')} from ${table} as t where ${sql}`, values };
}

function within(key: string, { after, upTo }: Range) {
  const values = [after, upTo].flatMap((border) => border ?? []);
  const conditions = [
    ...(after === undefined ? [] : [`${key} > $1::uuid`]),
    ...(upTo === undefined ? [] : [`${key} <= $${values.length}::uuid`]),
  ];
  return { sql: conditions.join(' and ') || 'true', values };
}
