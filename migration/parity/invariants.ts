import type { Followed } from './followed.ts';
import { lookAt } from './look.ts';
import { type Answer, answerOf } from './store.ts';

/** A fact of the business that both sides have to agree on, such as how many events each venue has. */
export type Invariant = {
  readonly name: string;
  /** A query of each side. Their rows are compared in the order in which they come, value by value as text. */
  readonly source: string;
  readonly target: string;
  /** The table that the answer depends on, as changes name it. */
  readonly changesOf: string;
};

export type InvariantCheck = {
  readonly name: string;
  /** `moved`: the table changed each time it was looked at, so nothing is known. */
  readonly verdict: 'same' | 'differs' | 'moved';
  readonly source: Answer;
  readonly target: Answer;
};

/** Compares the answers of both sides at one version; tries again what has changed meanwhile, for `patienceMs` each. */
export async function checkInvariants(
  followed: Followed,
  invariants: readonly Invariant[],
  { patienceMs = 2_000, waitMsMax = 5_000 }: { readonly patienceMs?: number; readonly waitMsMax?: number } = {},
): Promise<InvariantCheck[]> {
  const checks: InvariantCheck[] = [];
  for (const invariant of invariants) checks.push(await check(followed, invariant, patienceMs, waitMsMax));
  return checks;
}

async function check(followed: Followed, invariant: Invariant, patienceMs: number, waitMsMax: number) {
  const { name, changesOf } = invariant;
  const end = performance.now() + patienceMs;
  for (;;) {
    const [look] = await lookAt(
      followed,
      changesOf,
      [{}],
      async (client, side) => [await answerOf(client, invariant[side])],
      waitMsMax,
    );
    const [source, target] = [look?.source ?? [], look?.target ?? []];
    if (look?.changed === 'none') return { name, verdict: verdictOn(source, target), source, target };
    if (performance.now() >= end) return { name, verdict: 'moved' as const, source, target };
  }
}

function verdictOn(source: Answer, target: Answer): 'same' | 'differs' {
  return JSON.stringify(source) === JSON.stringify(target) ? 'same' : 'differs';
}
