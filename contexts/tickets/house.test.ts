import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { House } from './house.ts';
import type { LedgerEntry } from './ledger.ts';
import type { Seat } from './seat.ts';
import { aSeat, at } from './test-builders.ts';

const capacity = 12;
const users = ['ann', 'bob', 'cyd'];

/** What somebody does to some of the seats, whatever they are. */
type Step = { readonly as: Seat['state']; readonly user: string; readonly hold: number; readonly numbers: number[] };

const anyStep: fc.Arbitrary<Step> = fc.record({
  as: fc.constantFrom('open', 'held', 'held', 'sold'),
  user: fc.constantFrom(...users),
  hold: fc.nat(5),
  numbers: fc.uniqueArray(fc.integer({ min: 1, max: capacity }), { minLength: 1, maxLength: 5 }),
});

describe('a house', () => {
  test('knows each seat, and who has which, as plain objects would', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
        const [house, truth] = played(steps);
        expectSame(house, truth);
        expectSame(new House({ ...origin, version: house.version }, house.seats), truth);
      }),
    );
  });

  test('answers the seats of a hold in the order in which they were asked for', () => {
    const [house] = played([{ as: 'held', user: 'ann', hold: 1, numbers: [7, 2, 9] }]);
    expect(house.seatsOfHold('hold 1 of ann').map(({ number }) => number)).toEqual([7, 2, 9]);
  });

  test('comes to a later standing by what the ledger tells up to it; a version that it does not tell of is another policy', () => {
    const [house] = played([{ as: 'held', user: 'ann', hold: 1, numbers: [1, 2, 3] }]);
    const heard: number[] = [];
    house.watch((numbers) => heard.push(...numbers));
    const entries = [released(3, 1), released(5, 2), released(7, 3)];
    expect(house.catchUp(entries, { eventId: 'show', version: 6, leaveNoSingle: false })).toBe(true);
    expect([house.version, house.leaveNoSingle, heard]).toEqual([6, false, [1, 2]]);
    expect([1, 2, 3].map((number) => house.get(number)?.state)).toEqual(['open', 'open', 'held']);
  });

  test('takes over nothing when seats were made, since nobody would hear of what came before that', () => {
    const [house] = played([{ as: 'held', user: 'ann', hold: 1, numbers: [1] }]);
    const made = { ...released(4, 9), kind: 'created', seatIds: ['nine'], pricePence: 1 } as const;
    expect(house.catchUp([released(3, 1), made], { eventId: 'show', version: 4, leaveNoSingle: false })).toBe(false);
    expect([house.version, house.leaveNoSingle, house.get(1)?.state]).toEqual([2, true, 'held']);
  });

  test('finds a seat by its id', () => {
    const [house] = played([]);
    expect(house.get(aSeat({ number: 3 }).id)).toEqual(aSeat({ number: 3 }));
    expect([0, capacity + 1, 'nobody'].map((ref) => house.get(ref))).toEqual([undefined, undefined, undefined]);
  });
});

function released(version: number, number: number): LedgerEntry {
  const nobody = { seatIds: undefined, pricePence: undefined, hold: undefined };
  return { ...nobody, version, nth: 0, kind: 'released', numbers: [number], userId: 'ann', at: at('12:00') };
}

const origin = { eventId: 'show', venue: 0, leaveNoSingle: true };

function played(steps: readonly Step[]): readonly [House, Map<number, Seat>] {
  const seats = Array.from({ length: capacity }, (_, nth) => aSeat({ number: nth + 1 }));
  const truth = new Map(seats.map((seat) => [seat.number, seat]));
  const house = new House({ ...origin, version: 1 }, seats);
  for (const step of steps) {
    const changed = step.numbers.map((number) => seatAfter(number, step));
    for (const seat of changed) truth.set(seat.number, seat);
    house.apply(house.version + 1, [changed]);
  }
  return [house, truth];
}

function seatAfter(number: number, { as, user, hold }: Step): Seat {
  const { eventId, id, pricePence } = aSeat({ number });
  const place = { eventId, number, id, pricePence };
  if (as === 'open') return { ...place, state: 'open' };
  if (as === 'sold') return { ...place, state: 'sold', ownerId: user, soldAt: at('12:00') };
  const times = { heldSince: at('12:00'), heldUntil: at('12:15') };
  return { ...place, state: 'held', holderId: user, holdId: `hold ${hold} of ${user}`, ...times };
}

function expectSame(house: House, truth: ReadonlyMap<number, Seat>): void {
  const seats = [...truth.values()];
  expect(house.seats).toEqual(seats);
  expect(house.unsold).toBe(seats.filter(({ state }) => state !== 'sold').length);
  for (const user of users) {
    const own = seats.filter((seat) =>
      'ownerId' in seat ? seat.ownerId === user : 'holderId' in seat && seat.holderId === user,
    );
    expect(house.seatsOfUser(user).sort(byNumber)).toEqual(own);
    for (let hold = 0; hold <= 5; hold++) {
      const holdId = `hold ${hold} of ${user}`;
      const held = seats.filter((seat) => 'holdId' in seat && seat.holdId === holdId);
      expect(house.seatsOfHold(holdId).sort(byNumber)).toEqual(held);
    }
  }
}

function byNumber(one: Seat, other: Seat): number {
  return one.number - other.number;
}
