import { quantile } from './quantile.ts';

export type StepTime = { readonly step: string; readonly medianMs: number; readonly maxMs: number };

type Line = { readonly at: string; readonly act: string };

/** How long each step of the moves took, by the journal (`migrate journal --json`). */
export function stepTimes(journal: string): StepTime[] {
  const lines = journal
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): Line => JSON.parse(line));
  const started = new Map<string, number>();
  const times = new Map<string, number[]>();
  for (const { at, act } of lines) {
    const [, step, what] = /^step (.*): (started|done|undone)$/.exec(act) ?? [
      act,
      act.replace(/ (begun|ended)$/, ''),
      act.replace(/^.* /, ''),
    ];
    const now = Temporal.Instant.from(at).epochMilliseconds;
    if (what === 'started' || what === 'begun') started.set(step ?? '', now);
    else if (started.has(step ?? ''))
      times.set(step ?? '', [...(times.get(step ?? '') ?? []), now - (started.get(step ?? '') ?? now)]);
  }
  return [...times].map(([step, all]) => ({ step, medianMs: quantile(all, 0.5), maxMs: Math.max(...all) }));
}
