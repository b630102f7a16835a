import { describe, expect, test } from 'vitest';
import { hold as holdAs, isHeld, type Seats, type Selection, sell } from './seat.ts';
import { aSeat, aSelection, at, seatsById } from './test-builders.ts';

describe('reserving', () => {
  test('an open seat is held for the buyer for fifteen minutes', () => {
    const held = hold(seatsById(aSeat()), aSelection('ann', 1), at('12:00'));
    expect(held).toEqual([aSeat({ heldBy: 'ann', until: '12:15' })]);
  });

  test('a seat held by another buyer cannot be reserved', () => {
    const seats = seatsById(aSeat({ heldBy: 'ann' }));
    expect(() => hold(seats, aSelection('bob', 1), at('12:14:59'))).toThrow('Tickets already reserved');
  });

  test('a hold ends with its fifteenth minute, and another buyer can reserve the seat', () => {
    const seats = seatsById(aSeat({ heldBy: 'ann', until: '12:15' }));
    expect(hold(seats, aSelection('bob', 1), at('12:15'))).toEqual([aSeat({ heldBy: 'bob', until: '12:30' })]);
  });

  test('reserving again starts the fifteen minutes anew', () => {
    const seats = seatsById(aSeat({ heldBy: 'ann', until: '12:15' }));
    expect(hold(seats, aSelection('ann', 1), at('12:10'))).toEqual([aSeat({ heldBy: 'ann', until: '12:25' })]);
  });

  test('a sold seat cannot be reserved, not even by the one who bought it', () => {
    const seats = seatsById(aSeat({ soldTo: 'ann' }));
    expect(() => hold(seats, aSelection('ann', 1), at('12:00'))).toThrow('Tickets are not available');
  });

  test('a seat that the event does not have cannot be reserved', () => {
    expect(() => hold(seatsById(aSeat()), aSelection('ann', 2), at('12:00'))).toThrow(
      'One or more tickets do not exist',
    );
  });

  test('several seats are held together until the same time', () => {
    const held = hold(seatsById(aSeat({ number: 1 }), aSeat({ number: 2 })), aSelection('ann', 1, 2), at('12:00'));
    expect(held).toEqual([aSeat({ number: 1, heldBy: 'ann' }), aSeat({ number: 2, heldBy: 'ann' })]);
  });

  test('one seat that is taken refuses all the others', () => {
    const seats = seatsById(aSeat({ number: 1 }), aSeat({ number: 2, heldBy: 'bob' }));
    expect(() => hold(seats, aSelection('ann', 1, 2), at('12:00'))).toThrow('Tickets already reserved');
  });

  test('naming a seat twice reserves it once', () => {
    expect(hold(seatsById(aSeat()), aSelection('ann', 1, 1), at('12:00'))).toEqual([aSeat({ heldBy: 'ann' })]);
  });

  test('naming no seat is granted and holds nothing', () => {
    expect(hold(seatsById(aSeat()), aSelection('ann'), at('12:00'))).toEqual([]);
  });
});

describe('buying', () => {
  test('an open seat can be bought without holding it first', () => {
    const sold = sell(seatsById(aSeat({ pricePence: 2_550 })), aSelection('ann', 1), at('12:00'));
    expect(sold).toEqual([aSeat({ pricePence: 2_550, soldTo: 'ann' })]);
  });

  test('buying a seat ends the hold on it', () => {
    const sold = sell(seatsById(aSeat({ heldBy: 'ann' })), aSelection('ann', 1), at('12:00'));
    expect(sold).toEqual([aSeat({ soldTo: 'ann' })]);
  });

  test('a seat held by another buyer cannot be bought', () => {
    const seats = seatsById(aSeat({ heldBy: 'ann' }));
    expect(() => sell(seats, aSelection('bob', 1), at('12:14:59'))).toThrow('Tickets already reserved');
  });

  test('a seat whose hold has run out can be bought by anybody', () => {
    const seats = seatsById(aSeat({ heldBy: 'ann', until: '12:00' }));
    expect(sell(seats, aSelection('bob', 1), at('12:00'))).toEqual([aSeat({ soldTo: 'bob' })]);
  });

  test('a sold seat cannot be bought again, not even by the one who bought it', () => {
    const seats = seatsById(aSeat({ soldTo: 'ann' }));
    expect(() => sell(seats, aSelection('ann', 1), at('12:00'))).toThrow('Tickets are not available');
  });

  test('a seat that the event does not have cannot be bought', () => {
    expect(() => sell(seatsById(), aSelection('ann', 1), at('12:00'))).toThrow('One or more tickets do not exist');
  });

  test('naming a seat twice in one purchase is refused', () => {
    expect(() => sell(seatsById(aSeat()), aSelection('ann', 1, 1), at('12:00'))).toThrow(
      'One or more tickets do not exist',
    );
  });
});

describe('of several reasons the buyer hears one', () => {
  const seats = seatsById(aSeat({ number: 1, soldTo: 'bob' }), aSeat({ number: 2, heldBy: 'bob' }));

  const rules = [
    { act: 'reserving', rule: hold },
    { act: 'buying', rule: sell },
  ];

  test.each(rules)('$act: first that a seat is held by another', ({ rule }) => {
    expect(() => rule(seats, aSelection('ann', 1, 9, 2), at('12:00'))).toThrow('Tickets already reserved');
  });

  test.each(rules)('$act: then that a seat does not exist', ({ rule }) => {
    expect(() => rule(seats, aSelection('ann', 1, 9), at('12:00'))).toThrow('One or more tickets do not exist');
  });
});

describe('the seat map shows a seat as reserved', () => {
  test('while somebody holds it', () => {
    expect(isHeld(aSeat({ heldBy: 'ann', until: '12:15' }), at('12:14:59'))).toBe(true);
  });

  test('but not from the moment on at which the hold ends', () => {
    expect(isHeld(aSeat({ heldBy: 'ann', until: '12:15' }), at('12:15'))).toBe(false);
  });

  test('but not once it is sold', () => {
    expect(isHeld(aSeat({ soldTo: 'ann' }), at('12:00'))).toBe(false);
  });
});

function hold(seats: Seats, wanted: Pick<Selection, 'userId' | 'seatIds'>, now: Temporal.Instant) {
  return holdAs(seats, wanted, now, 'a hold');
}
