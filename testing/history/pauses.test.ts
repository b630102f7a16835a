import { expect, it } from 'vitest';
import { pauses } from './pauses.ts';
import { aStory, historyOf } from './test-history.ts';

it('a switch costs what its writes took longer than usual, counted from when they were due', () => {
  const { aCreate, aChange, aRead } = aStory();
  const usual = [0, 100, 200].map((from) => aChange({ from, to: from + 4 }));
  const held = { ...aChange({ from: 320, to: 404 }), intendedAt: 300 };
  const create = aCreate({ event: 2, from: 350, to: 360 });
  const reads = [10, 310].map((from) => aRead(create, { from, to: from + 3 }));
  const [pause] = pauses(historyOf([...usual, held, create, ...reads]), [{ from: 290, to: 400 }]);
  expect(pause).toEqual({
    from: 290,
    to: 400,
    writes: { requests: 2, maxMs: 100, p99Ms: 100 },
    reads: { requests: 1, maxMs: 0, p99Ms: 0 },
  });
});

it('a span in which nothing was due has cost nothing', () => {
  const none = { requests: 0, maxMs: 0, p99Ms: 0 };
  expect(pauses(historyOf([]), [{ from: 0, to: 1 }])).toEqual([{ from: 0, to: 1, writes: none, reads: none }]);
});
