import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Exchange, isExchange, loadStories, type Story } from './captures.ts';
import type { Side } from './expectation.ts';
import { BODY_DEFECTS } from './planted-body-defects.ts';
import { ANSWER_DEFECTS, DEFECTS_AS_NEXT, type Defect } from './planted-defects.ts';
import { startRecordedServer } from './recorded-server.ts';
import { replayStory } from './replay.ts';

const stories = loadStories(fileURLToPath(new URL('../captures', import.meta.url)));

describe.each([...ANSWER_DEFECTS, ...BODY_DEFECTS])('$what', (defect) => {
  it('is reported by name', async () => {
    const { planted, results } = await replayWith(defect, 'legacy');
    expect(results).toMatchObject([{ name: planted, differences: [{ where: whereOf(defect) }] }]);
  });
});

describe.each(DEFECTS_AS_NEXT)('as next, $what', (defect) => {
  it('is reported by name', async () => {
    const { planted, results } = await replayWith(defect, 'next');
    expect(results).toMatchObject([{ name: planted, differences: [{ where: whereOf(defect) }] }]);
  });
});

/** Plays a story up to the exchange with the defect. What is left of the results has failed. */
async function replayWith({ at, answer }: Defect, side: Side) {
  const [story, planted] = placeFor(at, side);
  const { baseUrl, stop } = await startRecordedServer(story, side, (recorded, exchange) =>
    exchange === planted ? { ...recorded, ...answer(recorded, exchange) } : recorded,
  );
  onTestFinished(stop);
  const { results } = await replayStory(story, { baseUrl, as: side, patienceMs: 0, endHolds: async () => {} });
  const failed = results.flatMap((result) => (result.outcome === 'failed' ? [result] : []));
  return {
    planted: planted.name,
    results: failed.map((result) => ({ ...result, differences: result.differences.slice(0, 1) })),
  };
}

function placeFor(at: Defect['at'], side: Side): [Story, Exchange] {
  for (const story of stories) {
    const found = story.steps.filter(isExchange).find((exchange) => isAsked(exchange, side) && at(exchange));
    if (found) return [{ ...story, steps: story.steps.slice(0, story.steps.indexOf(found) + 1) }, found];
  }
  throw new Error('No recording has a place for this defect.');
}

function isAsked({ next, volatile }: Exchange, side: Side): boolean {
  return !volatile && !(side === 'next' && next?.skip);
}

function whereOf({ where }: Defect) {
  return typeof where === 'string' ? where : expect.stringMatching(where);
}
