import type { KeyKind } from './plan.ts';
import { readingOf } from './readings.ts';
import type { TextRow } from './store.ts';

/** The rows of one key: one, where nothing went wrong. */
export type Group = { readonly key: string | null; readonly place: Place; readonly rows: readonly TextRow[] };

/** What is at one key on both sides. */
export type Pair = { readonly source: Group | undefined; readonly target: Group | undefined };

// Null comes after everything else.
type Place = string | bigint | undefined;
type Batches = AsyncGenerator<readonly TextRow[]>;

/** Goes through both sides at once. Throws an error when one of them is not in the order of its keys. */
export async function* pairs(sourceRows: Batches, targetRows: Batches, kind: KeyKind): AsyncGenerator<Pair> {
  const [sources, targets] = [groups(sourceRows, kind), groups(targetRows, kind)];
  let [source, target] = await Promise.all([next(sources), next(targets)]);
  while (source || target) {
    const [isSource, isTarget] = [isFirst(source, target), isFirst(target, source)];
    yield { source: isSource ? source : undefined, target: isTarget ? target : undefined };
    if (isSource) source = await next(sources);
    if (isTarget) target = await next(targets);
  }
}

async function* groups(rows: Batches, kind: KeyKind): AsyncGenerator<Group> {
  let group: { readonly key: string | null; readonly place: Place; readonly rows: TextRow[] } | undefined;
  for await (const batch of rows) {
    for (const row of batch) {
      const key = row[0] ?? null;
      const place = key === null ? undefined : readingOf(key, kind);
      if (group && place === group.place) group.rows.push(row);
      else {
        if (group && !isBefore(group.place, place)) throw new Error(`the key ${key} comes after ${group.key}`);
        if (group) yield group;
        group = { key, place, rows: [row] };
      }
    }
  }
  if (group) yield group;
}

async function next(of: AsyncGenerator<Group>): Promise<Group | undefined> {
  const { value, done } = await of.next();
  return done ? undefined : value;
}

function isFirst(one: Group | undefined, other: Group | undefined): boolean {
  if (!one) return false;
  return !other || !isBefore(other.place, one.place);
}

function isBefore(one: Place, other: Place): boolean {
  if (one === undefined) return false;
  return other === undefined || one < other;
}
