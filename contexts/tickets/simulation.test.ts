import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  draftNotConsulted,
  holdLookedAtBefore,
  holdOnNothing,
  holdWithoutFence,
  lostAnswerTakenForCommit,
  priceChangeErasesSales,
  pricesNotHeard,
  purchaseWithoutFence,
  refusedHoldKeepsSeats,
  sellOutNotTold,
  writtenBackwards,
  writtenForgotten,
} from './planted/simulated-defects.ts';
import { simulateDay } from './simulation/day.ts';
import { simulateDays } from './simulation/days.ts';
import type { Plant } from './simulation/office.ts';

test('a million requests keep every promise, whatever is lost, dies or comes late', { timeout: 600_000 }, async () => {
  const report = await simulateDays({ seed: 1, operations: 1_000_000 });
  expect(report.failure).toBeUndefined();
  expect(report.operations).toBeGreaterThanOrEqual(1_000_000);
  expect(Math.min(report.granted, report.refused, report.repeated, report.unknown, report.soldOut)).toBeGreaterThan(
    100,
  );
});

test.each([
  [['--help'], 0, /^npm run simulate -- .*\n$/],
  [['--sed', '1'], 2, /^Unknown option '--sed'.*\n\nnpm run simulate -- /],
  [['--seed', 'x'], 2, /^--seed and --operations: expected a whole number from 1 on\.\n\nnpm run simulate -- /],
])('the command answers %j with how it is given', (words, code, said) => {
  const program = fileURLToPath(new URL('./simulation/main.ts', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], { encoding: 'utf8' });
  expect([status, stdout + stderr]).toEqual([code, expect.stringMatching(said)]);
});

test('the same seed is the same day', async () => {
  const days = { seed: 7, operations: 10_000 };
  expect(await simulateDays(days)).toEqual(await simulateDays(days));
});

describe('the simulation names the promise that a planted defect breaks', () => {
  test.each([
    {
      what: 'D1: a price change erases the sales made meanwhile',
      plant: priceChangeErasesSales,
      promise: 'a sold seat keeps its buyer and its price',
    },
    { what: 'D2: two buyers own one seat', plant: purchaseWithoutFence, promise: 'a seat has one owner' },
    { what: 'D3: two users hold one seat', plant: holdWithoutFence, promise: 'a hold is kept until its end' },
    {
      what: 'D4: a refused hold keeps the seats before the taken one',
      plant: refusedHoldKeepsSeats,
      promise: 'a request is granted whole or not at all',
    },
    {
      what: 'D5: a hold runs out between the check and the commit of a purchase',
      plant: holdLookedAtBefore,
      promise: 'a request is granted only if nothing speaks against it',
    },
    {
      what: 'D6: a hold on seats that are unknown or sold succeeds',
      plant: holdOnNothing,
      promise: 'a request is granted whole or not at all',
    },
    {
      what: 'a batch is judged by the house as it was before',
      plant: draftNotConsulted,
      promise: 'a seat has one owner',
    },
    {
      what: 'a commit whose answer was lost is taken for one that was made',
      plant: lostAnswerTakenForCommit,
      promise: 'what is acknowledged is there',
    },
    {
      what: 'what was written of a batch before the rest of it failed is decided again',
      plant: writtenForgotten,
      promise: 'a request is granted once',
    },
    { what: 'nobody is told of a sell-out', plant: sellOutNotTold, promise: 'a sell-out is told once' },
    {
      what: 'a process does not hear of new prices',
      plant: pricesNotHeard,
      promise: 'a house that is brought up to date equals the table',
    },
    {
      what: 'a batch is written from its last request to its first',
      plant: writtenBackwards,
      promise: 'a hold is kept until its end',
    },
  ])('$what', async ({ plant, promise }) => {
    expect(await promisesBroken(plant, promise)).toContain(promise);
  });
});

test('a failure tells its seed and what happened to the seat', async () => {
  const { failure } = await simulateDays({ seed: 1, operations: 100_000, plant: refusedHoldKeepsSeats });
  expect(failure).toMatch(
    /^.+ – broken: request .+(\n.+)*\n {2}request \d+ at process \d.* asks: (.+\n)+Again: .+--seed \d+/,
  );
});

// Which one a defect breaks first depends on the day.
async function promisesBroken(plant: Plant, promise: string): Promise<string[]> {
  const promises: string[] = [];
  for (let seed = 1; seed <= 200 && promises.at(-1) !== promise; seed++) {
    const { broken } = await simulateDay({ seed, operations: 1_500, plant });
    if (broken) promises.push(broken.promise);
  }
  return promises;
}
