import type { Span } from '@ticketbuddy/backfill';
import { quotedName, type Row } from '@ticketbuddy/change-stream';
import pg from 'pg';
import { type Direction, directionOf } from './direction.ts';
import type { TableMapping, To } from './mapping.ts';

/** The SQL of one direction. Values come as arrays of exact texts, one a column; only the column's own type reads them. */
export type Statements = {
  readonly empty: string;
  readonly remove: string;
  readonly write: string;
  /** The columns, in the order of the arrays. */
  readonly columns: readonly string[];
};

export function statementsOf({ from, into, columns, extra }: Direction): Statements {
  const table = quotedName(into);
  const keys = from.key.map((name) => {
    const column = columns.find((one) => one.from === name);
    if (!column) throw new TypeError(`the mapping of ${quotedName(from)} lacks its key ${name}`);
    return { ...column, name: pg.escapeIdentifier(column.into), fromType: column.fromType };
  });
  const value = (nth: number) => `v${nth}`;
  const typed = columns.map(({ fromType }, nth) => `${value(nth)}::${fromType} as ${value(nth)}`);
  const converted = columns.map(({ convert }, nth) => convert?.(value(nth)) ?? value(nth));
  const sound = columns.flatMap(({ convert, convertBack }, nth) =>
    convert && convertBack ? [`${convertBack(`(${convert(value(nth))})`)} is not distinct from ${value(nth)}`] : [],
  );
  const names = [...columns.map((column) => column.into), ...Object.keys(extra)].map((name) =>
    pg.escapeIdentifier(name),
  );
  const isKey = new Set(keys.map(({ name }) => name));
  const set = names.filter((name) => !isKey.has(name)).map((name) => `${name} = excluded.${name}`);
  const given = columns.map((_, nth) => `$${nth + 1}::text[]`);
  const keyArrays = keys.map((_, nth) => `$${nth + 1}::text[]`);
  const keyValues = keys.map(({ fromType, convert }, nth) => {
    const one = `k${nth}::${fromType}`;
    return convert?.(one) ?? one;
  });
  return {
    empty: `delete from ${table}`,
    remove: `delete from ${table} where (${keys.map(({ name }) => name).join(', ')}) in (
      select ${keyValues.join(', ')} from unnest(${keyArrays.join(', ')}) as given (${keys.map((_, nth) => `k${nth}`).join(', ')}))`,
    write: `
      with given as materialized (
        select nth, ${typed.join(', ')}
        from unnest(${given.join(', ')}) with ordinality as given (${columns.map((_, nth) => value(nth)).join(', ')}, nth)
      ), judged as materialized (select *, ${sound.join(' and ') || 'true'} as is_sound from given),
      written as (
        insert into ${table} (${names.join(', ')})
        select ${[...converted, ...Object.values(extra)].join(', ')} from judged where is_sound order by nth
        on conflict (${keys.map(({ name }) => name).join(', ')}) do ${set.length > 0 ? `update set ${set.join(', ')}` : 'nothing'}
      )
      select (nth - 1)::int as nth from judged where not is_sound order by nth`,
    columns: columns.map((column) => column.from),
  };
}

/** Which rows would not come back as they were, and were not written; or why the database refused the whole. */
export type Outcome = { readonly unfaithful: readonly number[] } | { readonly refused: string };

export async function writeRows(
  tx: pg.PoolClient,
  { write, columns }: Statements,
  rows: readonly Row[],
): Promise<Outcome> {
  await tx.query('savepoint before_rows');
  try {
    const values = columns.map((name) => rows.map((row) => row[name] ?? null));
    const { rows: unfaithful } = await tx.query<{ nth: number }>(write, values);
    return { unfaithful: unfaithful.map(({ nth }) => nth) };
  } catch (error) {
    if (!isAboutTheData(error)) throw error;
    await tx.query('rollback to savepoint before_rows');
    return { refused: error.message };
  }
}

/** Whether the row of `side` is as the other side's row says: `undefined`, or what is wrong with it. */
export async function readBack(
  tx: pg.PoolClient,
  mapping: TableMapping,
  side: To,
  row: Row,
): Promise<string | undefined> {
  const { from, into, columns } = directionOf(mapping, side);
  const isKey = (name: string) => from.key.includes(name);
  const given = columns.map(({ fromType, convert }, nth) => {
    const value = `$${nth + 1}::text::${fromType}`;
    return convert?.(value) ?? value;
  });
  const name = (nth: number) => pg.escapeIdentifier(columns[nth]?.into ?? '');
  const key = columns.flatMap((column, nth) => (isKey(column.from) ? [`${name(nth)} = ${given[nth]}`] : []));
  const same = columns.map((_, nth) => `${name(nth)} is not distinct from ${given[nth]}`);
  const { rows } = await tx.query<Record<string, boolean>>(
    `select ${same.map((one, nth) => `${one} as c${nth}`).join(', ')} from ${quotedName(into)} where ${key.join(' and ')}`,
    columns.map((column) => row[column.from] ?? null),
  );
  const [found] = rows;
  if (!found) return 'is not there';
  const wrong = columns.flatMap((column, nth) => (found[`c${nth}`] ? [] : [column.into]));
  return wrong.length > 0 ? `has another ${wrong.join(', ')}` : undefined;
}

/** The keys of the table that are in the span, as texts by the source's names; `undefined` when they are more than so many. */
export async function keysThere(
  tx: pg.PoolClient,
  { from, into, columns }: Direction,
  { after, upTo }: Span,
  most: number,
): Promise<Row[] | undefined> {
  const names = from.key.map((name) => pg.escapeIdentifier(columns.find((one) => one.from === name)?.into ?? ''));
  const bounds = [after && `> (${after.map(literal)})`, upTo && `<= (${upTo.map(literal)})`].filter(Boolean);
  const where =
    bounds.length > 0 ? `where ${bounds.map((bound) => `(${names.join(', ')}) ${bound}`).join(' and ')}` : '';
  const { rows } = await tx.query<string[]>({
    text: `select ${names.map((name) => `${name}::text`).join(', ')} from ${quotedName(into)} ${where} limit ${most + 1}`,
    rowMode: 'array',
  });
  if (rows.length > most) return undefined;
  return rows.map((values) => Object.fromEntries(from.key.map((name, nth) => [name, values[nth] ?? null])));
}

function literal(value: string): string {
  return pg.escapeLiteral(value);
}

// A value that a type, a constraint or an index does not take. Anything else is no fault of a row, and undoes the whole.
// What PostgreSQL calls a number of no size that is to be an integer: a feature it does not support (0A000). What is too long
// for an index is a program's limit (54000).
export function isAboutTheData(error: unknown): error is Error {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(22|23|0A000|54000)/.test(code);
}
