import type { Compared } from './compared.ts';
import type { RowFacts } from './store.ts';

export type ColumnDiff = { readonly column: string; readonly source: string | null; readonly target: string | null };

/** How two tables differ in one row. */
export type Diff =
  | { readonly kind: 'missing' | 'extra'; readonly key: string; readonly times: number }
  | { readonly kind: 'differs'; readonly key: string; readonly columns: readonly ColumnDiff[] };

/** In what the rows of both sides differ, in the order of their keys. */
export function diffsBetween(source: readonly RowFacts[], target: readonly RowFacts[], compared: Compared): Diff[] {
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
