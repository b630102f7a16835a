import fc from 'fast-check';
import { expect, test } from 'vitest';
import { purchasesDoNotWaitForEachOther } from './planted/last-seats-unseen.ts';
import { realSelling } from './planted/selling.ts';
import { openBranches, soldOutIsToldOnce } from './test-last-seats.ts';

const numRuns = 100;

test('however processes race for the last seats, an event is told to be sold out once, and never too early', async () => {
  const branches = await openBranches(realSelling);
  await fc.assert(soldOutIsToldOnce(branches), { numRuns }).finally(() => branches.stop());
}, 120_000);

test('purchases that do not wait for each other are found out', async () => {
  const branches = await openBranches(purchasesDoNotWaitForEachOther);
  const found = fc.check(soldOutIsToldOnce(branches), { seed: 1, numRuns, endOnFailure: true });
  const { errorInstance } = await found.finally(() => branches.stop());
  expect(String(errorInstance)).toContain('told 0 times with 0 unsold seats');
}, 120_000);
