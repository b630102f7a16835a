import { until } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { switchUnit } from './switch-unit.ts';
import { aLibrary, aWorker, comparison, type Library, lend, lendHere } from './test-library.ts';

test('a unit of two tables goes over and comes back, again and again, with all that was written on either side', {
  timeout: 240_000,
}, async () => {
  const library = await aLibrary();
  for (let n = 0; n < 50; n++) await lend(library);
  await aWorker(library);
  await until('what was there is copied', async () => (await sums(library)) === 'same 50 50');
  const lent = [];
  for (let round = 0; round < 3; round++) {
    lent.push(await lend(library));
    await until('it is moved', async () => (await switchUnit(library.takeover, 'next')) === 'done');
    await expect(lend(library)).rejects.toThrow('library is written by next, not here');
    lent.push(await lendHere(library, 2 * round + 2));
    await expect(lendHere(library, 2 * round + 1)).rejects.toThrow('written in epoch');
    await until('it is moved', async () => (await switchUnit(library.takeover, 'legacy')) === 'done');
    await expect(lendHere(library, 2 * round + 2)).rejects.toThrow('library is written by legacy, not here');
  }
  expect(await sums(library)).toBe('same 56 56');
  const { rows } = await library.legacy.query('select from "Library"."Book" where "BookId" = any($1)', [lent]);
  expect(rows).toHaveLength(6);
});

async function sums(library: Library): Promise<string> {
  const parts = await comparison(library);
  const verdict = parts.every((part) => part.verdict === 'same') ? 'same' : 'different';
  return [verdict, ...parts.map(({ rows }) => rows.target)].join(' ');
}
