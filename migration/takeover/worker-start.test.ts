import { expect, test } from 'vitest';
import { openDirection } from './direction.ts';
import { aLibrary } from './test-library.ts';
import { startWorker } from './worker.ts';

test('a worker that cannot listen keeps neither way from whoever is started next', { timeout: 240_000 }, async () => {
  const { takeover } = await aLibrary();
  const { legacy, next } = takeover.places;
  const deaf = { ...takeover, places: { legacy, next: { ...next, url: 'postgres://127.0.0.1:1/nobody' } } };
  await expect(startWorker(deaf, { onError: () => undefined })).rejects.toThrow('ECONNREFUSED');
  for (const to of ['next', 'legacy'] as const) await (await openDirection(takeover, to)).close();
});
