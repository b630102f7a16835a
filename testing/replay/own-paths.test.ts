import { expect, it, onTestFinished } from 'vitest';
import { startRecordedServer } from './recorded-server.ts';
import { replayStory } from './replay.ts';
import { aStory, asking } from './stories.ts';

it('a path that the target has of its own is not asked there, and its others are', async () => {
  const story = aStory(
    asking('GET /health', { answer: { status: 404 } }),
    asking('GET /users', { answer: { body: '[]' } }),
  );
  const { baseUrl, stop } = await startRecordedServer(story, 'legacy');
  onTestFinished(stop);
  const { results } = await replayStory(story, { baseUrl, as: 'legacy', ownPaths: ['/health'], patienceMs: 0 });
  expect(results).toMatchObject([{ outcome: 'skipped', reason: 'own-path' }, { request: 'GET /users' }]);
});
