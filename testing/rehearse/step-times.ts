import type { Span } from '../history/pauses.ts';
import { quantile } from './quantile.ts';

export type StepTime = { readonly step: string; readonly medianMs: number; readonly maxMs: number };

/** A whole move from its beginning to its end, or as long as a step took, up to when that was written down. */
export type Timed = Span & { readonly step: string };

type Line = { readonly at: string; readonly act: string; readonly evidence?: { readonly ms?: number } };

const move = 'move';

/** When each step was done, and each move began and ended, by the journal (`migrate journal --json`); in ms of `performance.now()`. */
export function timedSteps(journal: string): Timed[] {
  let begunAt = 0;
  return linesOf(journal).flatMap(({ at, act, evidence }) => {
    const now = Number(Temporal.Instant.from(at).epochNanoseconds) / 1e6 - performance.timeOrigin;
    const [step, what] = stepOf(act);
    if (what === 'begun') begunAt = now;
    if (what === 'ended') return { step, from: begunAt, to: now };
    return what === 'done' ? { step, from: now - (evidence?.ms ?? 0), to: now } : [];
  });
}

export function isMove({ step }: Timed): boolean {
  return step === move;
}

/** How long each step took. */
export function stepTimes(timed: readonly Timed[]): StepTime[] {
  const times = Map.groupBy(timed, ({ step }) => step);
  return [...times].map(([step, all]) => {
    const ms = all.map(({ from, to }) => Math.round(to - from));
    return { step, medianMs: quantile(ms, 0.5), maxMs: Math.max(...ms) };
  });
}

function linesOf(journal: string): Line[] {
  return journal
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

// `step drain: started`, `move begun`
function stepOf(act: string): readonly [step: string, what: string] {
  const [, step = move, what = act.replace(/^move /, '')] = /^step (.*): (.*)$/.exec(act) ?? [];
  return [step, what];
}
