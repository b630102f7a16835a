import { expect, test } from 'vitest';
import { capacityOf, firstSeats, repriced } from './announced-event.ts';
import { anEvent, aSeat } from './test-builders.ts';

test.each([10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 80_000].map((seats, venue) => ({ venue, seats })))(
  'venue $venue has $seats seats',
  ({ venue, seats }) => {
    expect(capacityOf(anEvent({ venue }))).toBe(seats);
  },
);

test.each([-1, 11, 1.5])('an event at venue %d, which nobody knows, gets no seats', (venue) => {
  expect(() => firstSeats(anEvent({ venue }))).toThrow(`nobody knows how many seats venue ${venue} has`);
});

test('a new event has the seats 1 to its capacity', () => {
  const numbers = firstSeats(anEvent({ venue: 0 })).map(({ number }) => number);
  expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('every seat of a new event is open, at the price of the event', () => {
  const event = anEvent({ pricePence: 2_550 });
  for (const seat of firstSeats(event)) {
    expect(seat).toMatchObject({ eventId: event.id, state: 'open', pricePence: 2_550 });
  }
});

test('no two seats have the same id', () => {
  const seats = [...firstSeats(anEvent()), ...firstSeats(anEvent())];
  expect(new Set(seats.map(({ id }) => id)).size).toBe(20);
});

test('a new price reaches open seats and held ones, but none that is sold', () => {
  const [open, held, sold] = [aSeat({ number: 1 }), aSeat({ number: 2, heldBy: 'ann' }), aSeat({ soldTo: 'bob' })];
  expect(repriced([open, held, sold], anEvent({ pricePence: 2_000 }))).toEqual(
    [open, held].map((seat) => ({ ...seat, pricePence: 2_000 })),
  );
});

test('a seat that has the new price already is left alone', () => {
  expect(repriced([aSeat({ pricePence: 2_000 })], anEvent({ pricePence: 2_000 }))).toEqual([]);
});
