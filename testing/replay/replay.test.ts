import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Exchange, isExchange, loadStories, type Story } from './captures.ts';
import type { Side } from './expectation.ts';
import { type Plant, startRecordedServer } from './recorded-server.ts';
import { type ReplayResult, replayStory } from './replay.ts';
import type { ReplayOptions } from './run.ts';

const stories = loadStories(fileURLToPath(new URL('../captures', import.meta.url)));

describe.each(stories)('$name', (story) => {
  it('is what the recorded server answers', async () => {
    const { results } = await replay(story, { server: 'legacy', as: 'legacy', endHolds: async () => {} });
    expect(ofOutcome(results, 'failed')).toEqual([]);
    expect(ofOutcome(results, 'skipped')).toEqual(
      names(story.steps.filter(isExchange).filter(({ volatile }) => volatile)),
    );
  });

  it('is, with its marks, what a server with the marked differences answers', async () => {
    const { results } = await replay(story, { server: 'next', as: 'next' });
    expect(ofOutcome(results, 'failed')).toEqual([]);
  });

  it('differs, as next, from the recorded server exactly where it is marked', async () => {
    const { results } = await replay(story, { server: 'legacy', as: 'next' });
    expect(ofOutcome(results, 'failed')).toEqual(names(marked(story)));
  });

  it('differs, as legacy, from a server with the marked differences exactly where it is marked', async () => {
    const { results } = await replay(story, { server: 'next', as: 'legacy', endHolds: async () => {} });
    expect(ofOutcome(results, 'failed')).toEqual(names(marked(story)));
  });
});

type Setting = Pick<ReplayOptions, 'as' | 'endHolds'> & { readonly server: Side; readonly plant?: Plant };

async function replay(
  story: Story,
  { server, plant, ...options }: Setting,
): Promise<{ results: readonly ReplayResult[] }> {
  const { baseUrl, stop } = await startRecordedServer(story, server, plant);
  onTestFinished(stop);
  return replayStory(story, { ...options, baseUrl, patienceMs: 0 });
}

function marked({ steps }: Story): Exchange[] {
  return steps.filter(isExchange).filter(({ next, volatile }) => next && !next.skip && !volatile);
}

function names(steps: readonly { readonly name: string }[]): string[] {
  return steps.map(({ name }) => name);
}

function ofOutcome(results: readonly ReplayResult[], outcome: ReplayResult['outcome']): string[] {
  return names(results.filter((result) => result.outcome === outcome));
}
