import { expect, test } from 'vitest';
import { aStory, historyOf } from '../history/test-history.ts';
import { quietRounds, soFar } from './figures.ts';

test('what clients have got so far is told in one line, and a read is no write', () => {
  const { aChange, aRead } = aStory();
  const write = aChange({ from: 0, to: 1 });
  const entries = [
    ...Array.from({ length: 1_200 }, () => aRead(write, { from: 1, to: 2 })),
    write,
    aChange({ from: 1, to: 2, outcome: 'refused' }),
    aChange({ from: 1, to: 2, outcome: 'failed' }),
    aChange({ from: 1, to: 2, outcome: 'unknown' }),
  ];
  expect(soFar(historyOf(entries))).toBe('1,204 requests, 1 writes acknowledged, 2 failed');
});

test('a pause is told of rounds in which nobody was killed, and no system in the round before', () => {
  const round = (victim?: string, attempts = 1) => ({
    kill: victim ? { victim, from: 0, until: 1 } : undefined,
    attempts,
  });
  const [first, afterWorker, afterQuiet, afterLegacy, again] = Array.from({ length: 5 }, () => round());
  const rounds = [
    first,
    round('worker'),
    afterWorker,
    afterQuiet,
    round('legacy'),
    afterLegacy,
    again,
    round(undefined, 2),
  ];
  expect(quietRounds(rounds as ReturnType<typeof round>[])).toEqual([first, afterWorker, afterQuiet, again]);
  expect(quietRounds(rounds as ReturnType<typeof round>[])[3]).toBe(again);
});
