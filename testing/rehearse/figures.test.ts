import { expect, test } from 'vitest';
import { aStory, historyOf } from '../history/test-history.ts';
import { soFar } from './figures.ts';

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
