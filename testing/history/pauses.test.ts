import { expect, it } from 'vitest';
import { pauses } from './pauses.ts';
import { aStory, historyOf } from './test-history.ts';

it('a switch costs what its writes took longer than usual, counted from when they were due', () => {
  const { aCreate, aChange, aRead } = aStory();
  const usual = [0, 100, 200].map((from) => aChange({ from, to: from + 4 }));
  const between = aChange({ from: 500, to: 511 });
  const held = { ...aChange({ from: 320, to: 404 }), intendedAt: 300 };
  const create = aCreate({ event: 2, from: 350, to: 360 });
  const reads = [10, 310].map((from) => aRead(create, { from, to: from + 3 }));
  const spans = [
    { from: 290, to: 400 },
    { from: 900, to: 950 },
  ];
  const again = { ...aChange({ from: 910, to: 934 }), intendedAt: 910 };
  expect(pauses(historyOf([...usual, held, between, create, again, ...reads]), spans)).toEqual({
    writes: { requests: 3, maxMs: 100, p99Ms: 100, betweenP99Ms: 7 },
    reads: { requests: 1, maxMs: 0, p99Ms: 0, betweenP99Ms: 0 },
  });
});

it('of many that were due, one in a hundred may have waited longer than the p99 tells', () => {
  const { aChange } = aStory();
  const many = Array.from({ length: 200 }, (_, nth) =>
    aChange({ from: 1_000 + nth, to: 1_000 + nth + (nth === 50 ? 900 : 10) }),
  );
  const usual = [0, 100, 200].map((from) => aChange({ from, to: from + 4 }));
  expect(pauses(historyOf([...usual, ...many]), [{ from: 1_000, to: 1_300 }]).writes).toEqual({
    requests: 200,
    maxMs: 896,
    p99Ms: 6,
    betweenP99Ms: 0,
  });
});

it('a span in which nothing was due has cost nothing', () => {
  const none = { requests: 0, maxMs: 0, p99Ms: 0, betweenP99Ms: 0 };
  expect(pauses(historyOf([]), [{ from: 0, to: 1 }])).toEqual({ writes: none, reads: none });
});
