import { until } from '@ticketbuddy/testing';
import { expect, onTestFinished, test } from 'vitest';
import { gates } from './gates.ts';
import { needs } from './needs.ts';
import { switchUnit } from './switch-unit.ts';
import { aLibrary, aWorker, comparison, type Library, leastMover, lend, lendHere } from './test-library.ts';

test('a legacy without a logical log is told what triggers cost, and that nothing is missing', {
  timeout: 240_000,
}, async () => {
  const library = await aLibrary({ isWithoutLog: true, legacyMover: leastMover });
  const found = (await needs(library.takeover)).filter(({ name }) => name.startsWith('legacy: '));
  expect(found.filter(({ isOpen }) => !isOpen)).toEqual([]);
  expect(found.find(({ name }) => name === 'legacy: wal_level')?.says).toMatch(
    /^changes will be captured by triggers, since it is replica: /,
  );
  expect(found.map(({ name }) => name)).not.toContain('legacy: a replication slot');
});

test('a legacy without a logical log goes over and comes back while both sides write, and nothing that was answered is lost', {
  timeout: 240_000,
}, async () => {
  const library = await aLibrary({ isWithoutLog: true, legacyMover: leastMover });
  for (let n = 0; n < 50; n++) await lend(library);
  await aWorker(library);
  await until('what was there is copied', async () => (await rowsOf(library)) >= 50);
  await until('every gate is open, but for gateways, which there are none of', async () => {
    const closed = (await gates(library.takeover, 'next')).filter(({ isOpen }) => !isOpen);
    return closed.map(({ name }) => name).join() === 'gateways';
  });
  const writers = startWriters(library);
  for (let round = 0; round < 3; round++) {
    await writers.haveWritten('legacy');
    await until('it is moved', async () => (await switchUnit(library.takeover, 'next')) === 'done');
    await writers.haveWritten('next');
    await until('it is moved', async () => (await switchUnit(library.takeover, 'legacy')) === 'done');
  }
  const answered = await writers.stop();
  await until('both sides are the same', async () =>
    (await comparison(library)).every(({ verdict }) => verdict === 'same'),
  );
  const { rows } = await library.legacy.query('select from "Library"."Book" where "BookId" = any($1)', [answered]);
  expect(rows).toHaveLength(answered.length);
  const [books] = await comparison(library);
  expect(books?.rows).toEqual({ source: answered.length + 50, target: answered.length + 50 });
});

async function rowsOf(library: Library): Promise<number> {
  const [books] = await comparison(library);
  return books?.rows.target ?? 0;
}

/** Programs of both sides, each of which writes whenever its database lets it. */
function startWriters(library: Library) {
  const answered = { legacy: [] as string[], next: [] as string[] };
  let isOver = false;
  const write = async (side: 'legacy' | 'next') => {
    while (!isOver) {
      const writing = side === 'legacy' ? lend(library) : lendHere(library, await epochOf(library));
      // A refused write was not made, which is what is looked at in the end.
      const id = await writing.catch((error: { code?: string }) => {
        if (error.code !== 'TBF01') throw error;
      });
      if (id !== undefined) answered[side].push(id);
    }
  };
  const writing = Promise.all([write('legacy'), write('legacy'), write('next')]);
  const stop = async () => {
    isOver = true;
    await writing;
    return [...answered.legacy, ...answered.next];
  };
  onTestFinished(async () => void (await stop()));
  return {
    async haveWritten(side: 'legacy' | 'next') {
      const before = answered[side].length;
      await until(`${side} has written`, async () => answered[side].length > before + 20);
    },
    stop,
  };
}

async function epochOf({ next }: Library): Promise<number> {
  const { rows } = await next.query<{ epoch: number }>('select epoch from ticketbuddy_migration.fences');
  return rows[0]?.epoch ?? 0;
}
