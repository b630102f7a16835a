import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bestAvailable, type IsFree, nearestAlternative, type SeatWish } from './best-available.ts';
import { unknownRuns } from './best-available-together.ts';
import { type Layout, layoutOf } from './layout.ts';
import { allGroups, suits } from './test-best-seats.ts';
import { aHouse } from './test-houses.ts';

const row = fc.string({ unit: fc.constantFrom('.', '.', '.', 'x', 'x', 'A', 'X'), minLength: 1, maxLength: 8 });
const block = fc.array(row, { minLength: 1, maxLength: 4 });
const house = fc.record({ Stalls: block, Circle: block, Balcony: block }, { requiredKeys: ['Stalls'] }).map(aHouse);
const anywhere = fc.record({ x: fc.integer({ min: -9, max: 9 }), y: fc.integer({ min: 0, max: 25 }) });
const policy = fc.record({ leaveNoSingle: fc.boolean() });
const wish = fc.record({
  count: fc.integer({ min: 1, max: 9 }),
  category: fc.constantFrom(undefined, 'Stalls', 'Circle'),
  adjacent: fc.boolean(),
  accessible: fc.boolean(),
  near: fc.option(anywhere, { nil: undefined }),
});
const together = wish.map((any) => ({ ...any, adjacent: true }));
const numRuns = 1_000;

describe('whatever is taken, and whatever a buyer wishes for,', () => {
  test('the seats are free, as many as wanted, each another, and of the category', () => {
    fc.assert(
      fc.property(house, wish, policy, ({ layout, isFree }, wish, policy) => {
        const seats = bestAvailable(layout, isFree, wish, policy)?.seats ?? [];
        expect(seats.filter((seat) => !isFree(seat) || !suits(layout, seat, wish))).toEqual([]);
        if (seats.length > 0) expect(new Set(seats).size).toBe(wish.count);
      }),
      { numRuns },
    );
  });

  test('of seats together there is no better group, and none only if there is none', () => {
    fc.assert(
      fc.property(house, together, policy, ({ layout, isFree }, wish, policy) => {
        const [best] = allGroups(layout, isFree, wish, policy);
        expect(bestAvailable(layout, isFree, wish, policy)?.seats).toEqual(best?.seats);
      }),
      { numRuns },
    );
  });

  test('as many nearer groups as the buyer is told would have left a single seat', () => {
    fc.assert(
      fc.property(house, together, ({ layout, isFree }, wish) => {
        const groups = allGroups(layout, isFree, wish, { leaveNoSingle: true });
        const reason = bestAvailable(layout, isFree, wish, { leaveNoSingle: true })?.reason ?? '';
        const told = Number(/(\d+) nearer group/.exec(reason)?.[1] ?? 0);
        expect(told).toBe(passedOver(groups, wish));
      }),
      { numRuns },
    );
  });

  test('seats apart are refused only when there are too few', () => {
    fc.assert(
      fc.property(house, wish, policy, ({ layout, isFree }, wish, policy) => {
        const apart = { ...wish, adjacent: false };
        const free = freeSeats(layout, isFree, wish);
        const suit = wish.accessible ? free.filter((seat) => isAccessible(layout, seat)).length > 0 : true;
        const expected = free.length >= wish.count && suit;
        expect(bestAvailable(layout, isFree, apart, policy) !== undefined).toBe(expected);
      }),
      { numRuns },
    );
  });

  test('seats apart take no accessible place more than they must, and are in as few rows as can be', () => {
    fc.assert(
      fc.property(house, wish, policy, ({ layout, isFree }, { near, ...any }, policy) => {
        const wish = { ...any, near, adjacent: false, accessible: false, count: Math.max(2, any.count) };
        const seats = bestAvailable(layout, isFree, wish, policy)?.seats;
        if (!seats) return;
        const [others, places] = split(layout, freeSeats(layout, isFree, wish));
        expect(split(layout, seats)[1].length).toBe(Math.max(0, wish.count - others.length));
        if (others.length >= wish.count)
          expect(rowsOf(layout, seats).size).toBe(fewestRows(layout, others, wish.count));
        else expect(seats.length - others.length).toBeLessThanOrEqual(places.length);
      }),
      { numRuns },
    );
  });

  test('no row has as many seats apart that are nearer', () => {
    fc.assert(
      fc.property(house, wish, policy, ({ layout, isFree }, any, policy) => {
        const wish = { ...any, adjacent: false, accessible: false, count: Math.max(2, any.count) };
        const seats = bestAvailable(layout, isFree, wish, policy)?.seats ?? [];
        if (rowsOf(layout, seats).size !== 1 || split(layout, seats)[1].length > 0) return;
        const [others] = split(layout, freeSeats(layout, isFree, wish));
        expect(sum(distances(layout, seats, wish))).toBeCloseTo(leastSum(layout, others, wish), 6);
      }),
      { numRuns },
    );
  });
});

test('what is remembered of the rows changes no choice, one after the other', () => {
  fc.assert(
    fc.property(house, fc.array(wish, { maxLength: 9 }), policy, ({ layout, isFree }, wishes, policy) => {
      const [taken, longestRuns] = [new Set<number>(), unknownRuns(layout)];
      const isLeft: IsFree = (seat) => isFree(seat) && !taken.has(seat);
      for (const wish of wishes) {
        const choice = bestAvailable(layout, isLeft, wish, policy);
        expect(bestAvailable(layout, isLeft, wish, { ...policy, longestRuns })).toEqual(choice);
        for (const seat of choice?.seats ?? []) taken.add(seat);
      }
    }),
    { numRuns },
  );
});

test('an offer instead of taken seats is free, as large, and the nearest together at the same price', () => {
  const wanted = fc.tuple(house, policy, fc.nat(), fc.integer({ min: 1, max: 5 }));
  fc.assert(
    fc.property(wanted, ([{ layout, isFree }, policy, start, length]) => {
      const seats = neighboursFrom(layout, 1 + (start % layout.capacity), length);
      const offered = nearestAlternative(layout, isFree, seats, policy);
      const near = {
        x: mean(seats.map((seat) => layout.x[seat - 1])),
        y: mean(seats.map((seat) => layout.y[seat - 1])),
      };
      const category = layout.categories[layout.category[(seats[0] ?? 0) - 1] ?? -1]?.id;
      const accessible = seats.some((seat) => isAccessible(layout, seat));
      const wish = { count: seats.length, category, adjacent: true, accessible, near };
      const [best] = [
        ...allGroups(layout, isFree, wish, policy),
        ...allGroups(layout, isFree, { ...wish, category: undefined }, policy),
      ];
      if (best) expect(offered).toEqual(best.seats);
      else if (offered) expect(offered.filter(isFree).length).toBe(seats.length);
    }),
    { numRuns },
  );
});

test('in a stadium of 80,000 seats too there is no better group', () => {
  const layout = layoutOf(10);
  const fillings = fc.record({ seed: fc.integer(), taken: fc.constantFrom(0, 0.3, 0.6, 0.9, 0.99) });
  const stadiumWish = wish.map((any) => ({ ...any, adjacent: true, category: any.category && 'upper' }));
  fc.assert(
    fc.property(fillings, stadiumWish, policy, ({ seed, taken }, wish, policy) => {
      const isFree: IsFree = (seat) => scatter(seat, seed) >= taken;
      const [best] = allGroups(layout, isFree, wish, policy);
      expect(bestAvailable(layout, isFree, wish, policy)?.seats).toEqual(best?.seats);
    }),
    { numRuns: 25 },
  );
});

function passedOver(groups: ReturnType<typeof allGroups>, { accessible }: SeatWish): number {
  const [best] = groups;
  const least = accessible ? 1 : 0;
  if (!best || best.singles > 0 || best.accessible > least) return 0;
  return groups.filter((group) => group.accessible === least && group.singles > 0 && group.square < best.square).length;
}

function freeSeats(layout: Layout, isFree: IsFree, wish: SeatWish): number[] {
  const all = Array.from({ length: layout.capacity }, (_, index) => index + 1);
  return all.filter((seat) => isFree(seat) && suits(layout, seat, wish));
}

function isAccessible({ accessible }: Layout, seat: number): boolean {
  return accessible[seat - 1] === 1;
}

function split(layout: Layout, seats: readonly number[]): [others: number[], places: number[]] {
  return [seats.filter((seat) => !isAccessible(layout, seat)), seats.filter((seat) => isAccessible(layout, seat))];
}

function rowsOf(layout: Layout, seats: readonly number[]): Map<number, number[]> {
  return Map.groupBy(seats, (seat) => layout.row[seat - 1] ?? -1);
}

function fewestRows(layout: Layout, seats: readonly number[], count: number): number {
  const lengths = [...rowsOf(layout, seats).values()].map(({ length }) => length).sort((one, other) => other - one);
  return lengths.findIndex((_, index) => sum(lengths.slice(0, index + 1)) >= count) + 1;
}

function leastSum(layout: Layout, seats: readonly number[], wish: SeatWish): number {
  const rows = [...rowsOf(layout, seats).values()].filter(({ length }) => length >= wish.count);
  const nearest = rows.map((row) => distances(layout, row, wish).sort((one, other) => one - other));
  return Math.min(...nearest.map((row) => sum(row.slice(0, wish.count))));
}

function distances({ x, y, stage }: Layout, seats: readonly number[], { near = stage }: SeatWish): number[] {
  return seats.map((seat) => Math.hypot((x[seat - 1] ?? 0) - near.x, (y[seat - 1] ?? 0) - near.y));
}

function neighboursFrom(layout: Layout, first: number, length: number): number[] {
  const seats = Array.from({ length }, (_, nth) => first + nth);
  return seats.filter((seat) => layout.row[seat - 1] === layout.row[first - 1]);
}

function mean(values: readonly (number | undefined)[]): number {
  return sum(values.map((value) => value ?? 0)) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

// A figure from 0 to 1 that is always the same for a seat and a seed.
function scatter(seat: number, seed: number): number {
  const mixed = Math.imul(seat ^ seed ^ (seat >>> 7), 0x9e3779b1) >>> 0;
  return (Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) >>> 0) / 2 ** 32;
}
