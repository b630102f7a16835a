import type pg from 'pg';
import type { Compared, Range } from './compared.ts';
import { borders, type RowFacts, rowsOf, type Sum, sumOf } from './store.ts';

type Querying = Pick<pg.ClientBase, 'query'>;

/** The two databases; each may be a pool, or a connection in a transaction that sees one moment. */
export type Databases = { readonly source: Querying; readonly target: Querying };

export type ColumnDiff = { readonly column: string; readonly source: string | null; readonly target: string | null };

/** How two tables differ in one row. */
export type Diff =
  | { readonly kind: 'missing' | 'extra'; readonly key: string; readonly times: number }
  | { readonly kind: 'differs'; readonly key: string; readonly columns: readonly ColumnDiff[] };

export type Parity = {
  readonly name: string;
  readonly rows: { readonly source: number; readonly target: number };
  /** `moved`: the sums differed and the rows did not, so something changed while it was looked at. */
  readonly verdict: 'same' | 'differs' | 'moved';
  readonly diffs: readonly Diff[];
};

// So few rows are read and compared one by one.
const rowsToRead = 200;
const piecesOfRange = 16;

/**
 * Whether the tables hold the same in a range. Sums are made in the databases; where they differ, in ever smaller ranges,
 * down to the rows. `diffsMax`: it stops looking when it knows so many, by keys.
 */
export async function compare(
  databases: Databases,
  compared: Compared,
  range: Range = {},
  diffsMax = 1_000,
): Promise<Parity> {
  const [source, target] = await sums(databases, compared, range);
  const diffs = isSame(source, target) ? [] : await search(databases, compared, range, source, target, diffsMax);
  const verdict = isSame(source, target) ? 'same' : diffs.length > 0 ? 'differs' : 'moved';
  return { name: compared.name, rows: { source: source.rows, target: target.rows }, verdict, diffs };
}

async function search(
  databases: Databases,
  compared: Compared,
  range: Range,
  source: Sum,
  target: Sum,
  diffsMax: number,
): Promise<Diff[]> {
  if (source.rows <= rowsToRead && target.rows <= rowsToRead) return diffsIn(databases, compared, range);
  const diffs: Diff[] = [];
  for (const piece of await piecesOf(databases, compared, range, source, target)) {
    if (diffs.length >= diffsMax) break;
    diffs.push(...(await compare(databases, compared, piece, diffsMax - diffs.length)).diffs);
  }
  return diffs;
}

// By the side that has more rows, so that the pieces are smaller than the whole.
async function piecesOf(
  databases: Databases,
  compared: Compared,
  range: Range,
  source: Sum,
  target: Sum,
): Promise<Range[]> {
  const side = source.rows >= target.rows ? 'source' : 'target';
  const rowsAPiece = Math.ceil(Math.max(source.rows, target.rows) / piecesOfRange);
  const keys = await borders(databases[side], compared, side, range, rowsAPiece);
  const ends = keys.at(-1) === range.upTo ? keys : [...keys, range.upTo];
  return ends.map((upTo, nth) => ({ after: nth === 0 ? range.after : keys[nth - 1], upTo }));
}

async function diffsIn(databases: Databases, compared: Compared, range: Range): Promise<Diff[]> {
  const [source, target] = await Promise.all([
    rowsOf(databases.source, compared, 'source', range),
    rowsOf(databases.target, compared, 'target', range),
  ]);
  const keys = [...new Set([...source, ...target].map(({ key }) => key))].sort();
  const [bySource, byTarget] = [Map.groupBy(source, ({ key }) => key), Map.groupBy(target, ({ key }) => key)];
  return keys.flatMap((key) => diffsOf(key, bySource.get(key) ?? [], byTarget.get(key) ?? [], compared));
}

// Where nothing keeps a key from being there twice, the rows of one key are compared in the order of their facts.
function diffsOf(key: string, source: readonly RowFacts[], target: readonly RowFacts[], compared: Compared): Diff[] {
  const times = source.length - target.length;
  const lacking: Diff[] = times === 0 ? [] : [{ kind: times > 0 ? 'missing' : 'extra', key, times: Math.abs(times) }];
  const others = target.toSorted(byFacts);
  const columns = source.toSorted(byFacts).flatMap((one, nth) => columnDiffs(one, others[nth] ?? one, compared));
  return columns.length > 0 && times === 0 ? [{ kind: 'differs', key, columns }] : lacking;
}

function byFacts(one: RowFacts, other: RowFacts): number {
  const [first, second] = [JSON.stringify(one.facts), JSON.stringify(other.facts)];
  return first < second ? -1 : Number(first > second);
}

function columnDiffs(one: RowFacts, other: RowFacts, { columns }: Compared): ColumnDiff[] {
  return columns.flatMap(({ name }, nth) => {
    const [source = null, target = null] = [one.facts[nth], other.facts[nth]];
    return source === target ? [] : [{ column: name, source, target }];
  });
}

function sums({ source, target }: Databases, compared: Compared, range: Range): Promise<[Sum, Sum]> {
  return Promise.all([sumOf(source, compared, 'source', range), sumOf(target, compared, 'target', range)]);
}

function isSame(one: Sum, other: Sum): boolean {
  return one.rows === other.rows && one.high === other.high && one.low === other.low;
}
