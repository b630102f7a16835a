import type pg from 'pg';
import type { Compared, Range } from './compared.ts';
import { borders } from './store.ts';

type Querying = Pick<pg.ClientBase, 'query'>;

/** The two databases; each may be a pool, or a connection in a transaction that sees one moment. */
export type Databases = { readonly source: Querying; readonly target: Querying };

/** How many rows a range has on each side. */
export type Counts = { readonly source: number; readonly target: number };

const piecesOfRange = 16;

/** A range in smaller ones that together are the whole of it; what cannot be divided comes back as it is. */
export async function piecesOf(
  databases: Databases,
  compared: Compared,
  range: Range,
  counts: Counts,
): Promise<Range[]> {
  if (range.keys !== undefined) return piecesOfKeys(range.keys);
  // By the side that has more rows, so that the pieces are smaller than the whole.
  const side = counts.source >= counts.target ? 'source' : 'target';
  const rowsAPiece = Math.max(1, Math.ceil(counts[side] / piecesOfRange));
  // Where nothing keeps a key from being there twice, one may be a border several times.
  const keys = [...new Set(await borders(databases[side], compared, side, range, rowsAPiece))];
  const ends = keys.at(-1) === range.upTo ? keys : [...keys, range.upTo];
  return ends.length === 0
    ? [range]
    : ends.map((upTo, nth) => ({ after: nth === 0 ? range.after : keys[nth - 1], upTo }));
}

function piecesOfKeys(keys: readonly string[]): Range[] {
  const size = Math.max(1, Math.ceil(keys.length / piecesOfRange));
  return Array.from({ length: Math.ceil(keys.length / size) }, (_none, nth) => ({
    keys: keys.slice(nth * size, (nth + 1) * size),
  }));
}
