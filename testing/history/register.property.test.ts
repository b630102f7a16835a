import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SeededRandom, seededRandom } from '../seeded-random.ts';
import type { Entry, Outcome, ReadEntry, WriteEntry } from './history.ts';
import { judge } from './judge.ts';
import { aStory, historyOf, messageOf, rowOf } from './test-history.ts';
import { describeVerdict } from './verdict.ts';

test('what a correct system answers is never accused, however its requests overlap', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const verdict = judgeCorrectSystem(seededRandom(seed));
      expect(verdict.isClean, describeVerdict(verdict)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test('reads are accused if and only if no order of the requests explains them', () => {
  let [explained, unexplained] = [0, 0];
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const { writes, reads } = anyRequests(seededRandom(seed));
      const isExplained = hasOrder([...writes, ...reads], undefined);
      if (isExplained) explained += 1;
      else unexplained += 1;
      const verdict = judge(historyOf([...writes, ...reads]), { owner: 'legacy', legacy: [] });
      const { stale, resurrected, invented } = verdict.counts;
      expect(stale + resurrected + invented === 0, describeVerdict(verdict)).toBe(isExplained);
    }),
    { numRuns: 5_000 },
  );
  expect(Math.min(explained, unexplained)).toBeGreaterThan(500);
});

/** Each request happens at a moment between being sent and being answered; its message may be published at another. */
function judgeCorrectSystem(random: SeededRandom) {
  const { aCreate, aChange, aRead, aList } = aStory();
  const create = aCreate({ from: 0, to: 10 });
  const spans = Array.from({ length: 3 + random.below(12) }, () => aSpan(random, 11, 60));
  const happened: Happening[] = [{ at: 5, entry: create }];
  const [entries, told]: [Entry[], Happening[]] = [[create], [{ at: 5, entry: create }]];
  const reads: { readonly at: number; readonly span: Span; readonly isList: boolean }[] = [];
  for (const span of spans) {
    if (random.chance(0.4)) {
      reads.push({ at: within(random, span), span, isList: random.chance(0.3) });
      continue;
    }
    const outcome = random.pick(outcomes);
    const entry = aChange({ ...span, outcome, isRightful: outcome !== 'refused' });
    entries.push(entry);
    // Without an answer it may happen long after it was given up, or never.
    const until = outcome === 'unknown' ? { ...span, to: 100 } : span;
    if (outcome === 'refused' || outcome === 'failed' || (outcome === 'unknown' && random.chance(0.5))) continue;
    happened.push({ at: within(random, until), entry });
    if (outcome === 'acknowledged' || random.chance(0.5)) told.push({ at: within(random, until), entry });
  }
  happened.sort((one, other) => one.at - other.at);
  const valueAt = (time: number) => happened.findLast(({ at }) => at <= time)?.entry as WriteEntry;
  for (const { at, span, isList } of reads) {
    entries.push(isList ? aList([valueAt(at)], span) : aRead(valueAt(at), span));
  }
  const messages = told.sort((one, other) => one.at - other.at).map(({ entry }) => messageOf(entry));
  return judge(historyOf(entries), { owner: 'next', next: [rowOf(valueAt(1_000))] }, messages);
}

type Span = { readonly from: number; readonly to: number };
type Happening = { readonly at: number; readonly entry: WriteEntry };

const outcomes: readonly [Outcome, ...Outcome[]] = [
  'acknowledged',
  'acknowledged',
  'acknowledged',
  'unknown',
  'refused',
  'failed',
];

/** A few changes and reads of one event at any times, with any answers, in a time so short that they mostly overlap. */
function anyRequests(random: SeededRandom): { readonly writes: WriteEntry[]; readonly reads: ReadEntry[] } {
  const { aCreate, aChange, aRead } = aStory();
  const writes = [aCreate({ from: 0, to: 1 })];
  for (let nth = random.below(4); nth > 0; nth--) {
    writes.push(aChange({ ...aSpan(random, 2, 12), outcome: random.chance(0.2) ? 'unknown' : 'acknowledged' }));
  }
  const choices = [...writes, undefined];
  const reads = Array.from({ length: 1 + random.below(3) }, () => {
    const shown = choices[random.below(choices.length - (random.chance(0.9) ? 1 : 0))];
    return aRead(shown, aSpan(random, 2, 12));
  });
  return { writes, reads };
}

/** Tries every order that keeps those apart that were apart. */
function hasOrder(left: readonly (WriteEntry | ReadEntry)[], value: string | undefined): boolean {
  if (left.every(({ outcome }) => outcome === 'unknown')) return true;
  const firstAnswer = Math.min(...left.map((entry) => (entry.outcome === 'unknown' ? Infinity : entry.answeredAt)));
  return left.some((entry) => {
    if (entry.sentAt > firstAnswer) return false;
    const others = left.filter((other) => other !== entry);
    if (entry.kind === 'read') return entry.shown?.name === value && hasOrder(others, value);
    return hasOrder(others, entry.written.name);
  });
}

function aSpan(random: SeededRandom, earliest: number, latest: number): Span {
  const from = earliest + random.below(latest - earliest);
  return { from, to: from + 1 + random.below(latest - from) };
}

function within(random: SeededRandom, { from, to }: Span): number {
  return from + (random.below(1_000) / 1_000) * (to - from);
}
