import { until } from '@ticketbuddy/testing';
import { expect, it } from 'vitest';
import { createIdleTurns } from './idle.ts';

/** Somebody who waits, and tells when it was his turn. */
function waiting(turn: () => Promise<void>, took: number[], nth: number): void {
  void turn().then(() => took.push(nth));
}

it('nobody has his turn while a client waits, and all have it after that, in order', async () => {
  let [isIdle, looks] = [false, 0];
  const { turn } = createIdleTurns(() => {
    looks += 1;
    return isIdle;
  });
  const took: number[] = [];
  for (const nth of [1, 2, 3]) waiting(turn, took, nth);
  await until('it was looked for a while', async () => looks > 5);
  expect(took).toEqual([]);
  isIdle = true;
  await until('all had their turn', async () => took.length === 3);
  expect(took).toEqual([1, 2, 3]);
});

it('a turn begins after a look of its own', async () => {
  let looks = 0;
  const { turn } = createIdleTurns(() => {
    looks += 1;
    return true;
  });
  const seen = await Promise.all([1, 2, 3].map(() => turn().then(() => looks)));
  expect(seen).toEqual([1, 2, 3]);
});

it('where clients always wait, nobody waits for ever', async () => {
  const { turn } = createIdleTurns(() => false);
  await expect(Promise.all([turn(), turn()])).resolves.toHaveLength(2);
  await expect(turn()).resolves.toBeUndefined();
});

it("where nobody knows of clients, it is everybody's turn", async () => {
  await expect(createIdleTurns().turn()).resolves.toBeUndefined();
});
