import type { Step, Story } from './captures.ts';
import { isExchange } from './captures.ts';
import { endNamedHolds } from './end-holds.ts';
import { replayExchange, requestLine } from './exchange.ts';
import { type Outcome, type ReplayOptions, type Run, startRun } from './run.ts';
import { bindSeats } from './seats.ts';

export type ReplayResult = Outcome & {
  /** Its place among the steps of the story, from 0. */
  readonly index: number;
  readonly name: string;
  /** As it is sent: `POST /events`. */
  readonly request: string;
};

/** Plays the story against a server and says for each exchange what differs. A server that does not answer differs too. */
export async function replayStory(
  story: Story,
  options: ReplayOptions,
): Promise<{ readonly results: readonly ReplayResult[] }> {
  const run = startRun(story, options);
  const results: ReplayResult[] = [];
  for (const [index, step] of story.steps.entries()) {
    const outcomes = await replayStep(run, step);
    results.push(
      ...outcomes.map((outcome) => ({ ...outcome, index, name: step.name, request: requestLine(run, step) })),
    );
  }
  return { results };
}

/** A step that only observes the recorded server has no outcome, unless what it stands for fails here. */
async function replayStep(run: Run, step: Step): Promise<Outcome[]> {
  if (step.volatile) return isExchange(step) ? [{ outcome: 'skipped', reason: 'volatile' }] : [];
  const differences = await endNamedHolds(run, step.control?.redisDel ?? []);
  const outcomes = isExchange(step) ? [await replayExchange(run, step)] : [];
  differences.push(...(await bindSeats(run, step)));
  return differences.length > 0 ? [...outcomes, { outcome: 'failed', differences }] : outcomes;
}
