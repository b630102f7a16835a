import type { Compared, Range } from './compared.ts';
import { type Diff, diffsBetween } from './diffs.ts';
import { type Counts, type Databases, piecesOf } from './pieces.ts';
import { isSame, rowsOf, type Sum, sumOf } from './store.ts';

export type Parity = {
  readonly name: string;
  readonly rows: Counts;
  /** `moved`: the sums differed and the rows did not, so something changed while it was looked at. */
  readonly verdict: 'same' | 'differs' | 'moved';
  readonly diffs: readonly Diff[];
};

/** So few rows are read and compared one by one. */
export const rowsToRead = 200;

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
  const pieces = await piecesOf(databases, compared, range, { source: source.rows, target: target.rows });
  // However many, they are all of one key.
  if (pieces.length === 1) return diffsIn(databases, compared, range);
  const diffs: Diff[] = [];
  for (const piece of pieces) {
    if (diffs.length >= diffsMax) break;
    diffs.push(...(await compare(databases, compared, piece, diffsMax - diffs.length)).diffs);
  }
  return diffs;
}

async function diffsIn(databases: Databases, compared: Compared, range: Range): Promise<Diff[]> {
  const [source, target] = await Promise.all([
    rowsOf(databases.source, compared, 'source', range),
    rowsOf(databases.target, compared, 'target', range),
  ]);
  return diffsBetween(source, target, compared);
}

function sums({ source, target }: Databases, compared: Compared, range: Range): Promise<[Sum, Sum]> {
  return Promise.all([sumOf(source, compared, 'source', range), sumOf(target, compared, 'target', range)]);
}
