import type pg from 'pg';
import { pairs } from './groups.ts';
import { type Finding, judge } from './judge.ts';
import type { Plan } from './plan.ts';
import { batches, reading } from './store.ts';

export type SecondLook = {
  readonly name: string;
  readonly rows: { readonly source: number; readonly target: number };
  /** `moved`: the target has not come to where it should be, so nothing was looked at. */
  readonly verdict: 'same' | 'differs' | 'moved';
  readonly diffs: readonly Finding[];
  /** How many keys differ, those beyond `diffsMax` included. */
  readonly differing: number;
};

export type SecondLookOptions = {
  /** How many differences are kept. */
  readonly diffsMax?: number;
  /** The position of the source that the target has to have applied, and how to ask it for the one that it has. */
  readonly upTo?: { readonly position: string; readonly applied: (target: pg.PoolClient) => Promise<string> };
};

/**
 * Whether two tables hold the same while nobody writes to them: reads both from beginning to end in the order of their keys,
 * each in one transaction that sees one moment. It keeps a few thousand rows in memory, however many there are. Throws a
 * RangeError for a value that is not of its kind, and an error when rows do not come in the order of their keys.
 */
export function secondLook(
  { source, target }: { readonly source: pg.Pool; readonly target: pg.Pool },
  plan: Plan,
  { diffsMax = 1_000, upTo }: SecondLookOptions = {},
): Promise<SecondLook> {
  return reading(target, async (here) => {
    if (upTo && isBefore(await upTo.applied(here), upTo.position)) return nothing(plan);
    return reading(source, (there) => merge(there, here, plan, diffsMax));
  });
}

function isBefore(position: string, other: string): boolean {
  const [upper, lower] = halvesOf(position);
  const [otherUpper, otherLower] = halvesOf(other);
  return upper === otherUpper ? lower < otherLower : upper < otherUpper;
}

function halvesOf(position: string): readonly [upper: number, lower: number] {
  const [upper = '', lower = ''] = position.split('/');
  return [Number.parseInt(upper, 16), Number.parseInt(lower, 16)];
}

function nothing({ name }: Plan): SecondLook {
  return { name, rows: { source: 0, target: 0 }, verdict: 'moved', diffs: [], differing: 0 };
}

async function merge(there: pg.PoolClient, here: pg.PoolClient, plan: Plan, diffsMax: number): Promise<SecondLook> {
  const rows = { source: 0, target: 0 };
  const diffs: Finding[] = [];
  let differing = 0;
  for await (const pair of pairs(batches(there, plan, 'source'), batches(here, plan, 'target'), plan.key.kind)) {
    rows.source += pair.source?.rows.length ?? 0;
    rows.target += pair.target?.rows.length ?? 0;
    const found = judge(plan, pair);
    if (!found) continue;
    differing += 1;
    if (diffs.length < diffsMax) diffs.push(found);
  }
  return { name: plan.name, rows, verdict: differing > 0 ? 'differs' : 'same', diffs, differing };
}
