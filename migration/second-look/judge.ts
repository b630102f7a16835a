import type { Pair } from './groups.ts';
import type { PairedColumn, Plan } from './plan.ts';
import { readingOf } from './readings.ts';
import type { TextRow } from './store.ts';

/** The values are texts, those of the source as they should stand in the target. */
export type ColumnFinding = {
  readonly column: string;
  readonly source: string | null;
  readonly target: string | null;
};

/** How the tables differ in one row. */
export type Finding =
  | { readonly kind: 'missing' | 'extra'; readonly key: string; readonly times: number }
  | { readonly kind: 'differs'; readonly key: string; readonly columns: readonly ColumnFinding[] };

export function judge({ columns }: Plan, { source, target }: Pair): Finding | undefined {
  const key = source?.key ?? target?.key ?? 'null';
  const [wanted, found] = [source?.rows ?? [], target?.rows ?? []];
  const times = wanted.length - found.length;
  if (times !== 0) return { kind: times > 0 ? 'missing' : 'extra', key, times: Math.abs(times) };
  const expected = inOrder(
    wanted.map((row) => columns.map((column, nth) => expectedOf(column, row[nth + 1]))),
    columns,
  );
  const present = inOrder(
    found.map((row) => row.slice(1)),
    columns,
  );
  const findings = expected.flatMap((row, at) =>
    columns.flatMap((column, nth) => compare(column, row[nth], present[at]?.[nth])),
  );
  return findings.length > 0 ? { kind: 'differs', key, columns: findings } : undefined;
}

function expectedOf({ as }: PairedColumn, text: string | null = null): string | null {
  return as ? as(text) : text;
}

// A key that is there more than once on both sides: which row belongs to which is told by what they hold.
function inOrder(rows: readonly TextRow[], columns: readonly PairedColumn[]): readonly TextRow[] {
  if (rows.length < 2) return rows;
  const contents = (row: TextRow): string => row.map((text, nth) => contentOf(text, columns[nth])).join('\n');
  return rows.toSorted((one, other) => (contents(one) < contents(other) ? -1 : 1));
}

function contentOf(text: string | null, column: PairedColumn | undefined): string {
  return text === null || !column ? 'null' : `'${readingOf(text, column.kind)}`;
}

function compare(column: PairedColumn, source: string | null = null, target: string | null = null): ColumnFinding[] {
  // Both sessions write the same value in the same way, mostly.
  if (source === target) return [];
  const isSame =
    source !== null && target !== null && readingOf(source, column.kind) === readingOf(target, column.kind);
  return isSame ? [] : [{ column: column.name ?? column.target, source, target }];
}
