import { describe, expect, test } from 'vitest';
import { sale } from './buy-seats.ts';
import { Draft } from './draft.ts';
import { extension, isExtendable } from './extend-hold.ts';
import { holdingBest } from './hold-best.ts';
import { holding } from './hold-seats.ts';
import { release } from './release-hold.ts';
import { at } from './test-builders.ts';
import { aShow, ask, seatsOf } from './test-drafts.ts';

const limits = { seatsPerBuyerMax: 4, holdMinutesMax: 30 };

describe('holding', () => {
  test('free seats are held together for fifteen minutes', () => {
    const { seats } = ask(aShow(), hold('ann', 2, 3), '12:00');
    const held = { state: 'held', holderId: 'ann', heldSince: at('12:00'), heldUntil: at('12:15') };
    expect(seats).toMatchObject([
      { number: 2, ...held },
      { number: 3, ...held },
    ]);
    expect(new Set(holdIdsOf(seats)).size).toBe(1);
  });

  test('when seats are taken it is said which, and why, and the others stay free', () => {
    const show = aShow({ 2: { heldBy: 'bob' }, 3: { soldTo: 'cem' } });
    expect(refusal(() => ask(show, hold('ann', 1, 2, 3), '12:00'))).toMatchObject({
      code: 'seats_taken',
      details: {
        taken: [
          { seat: 2, because: 'held' },
          { seat: 3, because: 'sold' },
        ],
        serverTime: '2026-06-01T12:00:00Z',
      },
    });
    expect(seatsOf(show, 'ann', '12:00')).toEqual([]);
  });

  test('a seat that its buyer has already bought is sold to them as to anybody', () => {
    const show = aShow({ 1: { soldTo: 'ann' } });
    expect(refusal(() => ask(show, hold('ann', 1), '12:00')).details).toMatchObject({
      taken: [{ seat: 1, because: 'sold' }],
    });
  });

  test('a hold whose end has come is in nobody’s way', () => {
    const show = aShow({ 1: { heldBy: 'bob', until: '12:15' } });
    expect(refusal(() => ask(show, hold('ann', 1), '12:14:59.999999')).code).toBe('seats_taken');
    expect(ask(show, hold('ann', 1), '12:15').seats).toMatchObject([{ holderId: 'ann', heldUntil: at('12:30') }]);
  });

  test('seats that the event does not have are named', () => {
    const found = refusal(() => ask(aShow({ 1: { soldTo: 'bob' } }), hold('ann', 11, 1, 999), '12:00'));
    expect(found).toMatchObject({ kind: 'absent', code: 'seats_unknown', details: { unknown: [11, 999] } });
  });

  test('an event that nobody has announced is unknown', () => {
    const nothing = new Draft(undefined);
    for (const request of [hold('ann', 1), buy('ann', 1), buyHold('ann', 'a hold')])
      expect(refusal(() => ask(nothing, request, '12:00')).code).toBe('event_unknown');
  });

  test('what a buyer holds and owns counts towards the most that one may have', () => {
    const show = aShow({ 1: { soldTo: 'ann' }, 2: { heldBy: 'ann' } });
    expect(refusal(() => ask(show, hold('ann', 3, 4, 5), '12:00'))).toMatchObject({
      code: 'too_many_seats',
      details: { limit: 4, has: 2 },
    });
    expect(ask(show, hold('ann', 3, 4), '12:00').seats).toHaveLength(2);
  });

  test('whoever wants more than one may have is told so first, whatever is free', () => {
    const show = aShow({ 1: { soldTo: 'bob' } });
    for (const request of [hold('ann', 1, 2, 3, 4, 5), buy('ann', 1, 2, 3, 4, 5), holdBest('ann', 11)])
      expect(refusal(() => ask(show, request, '12:00')).code).toBe('too_many_seats');
  });

  test('seats that are given back are offered again to those who come after in the same batch', () => {
    const all = Object.fromEntries(
      Array.from({ length: 10 }, (_, nth) => [nth + 1, { heldBy: 'bob', holdId: 'bobs' }]),
    );
    const show = aShow(all);
    expect(refusal(() => ask(show, hold('ann', 1), '12:00')).details).toMatchObject({ alternative: null });
    expect(refusal(() => ask(show, holdBest('ann', 2), '12:00')).code).toBe('no_suitable_seats');
    ask(show, giveBack('bobs'), '12:00');
    expect(ask(show, holdBest('ann', 2), '12:00').seats).toHaveLength(2);
  });

  test('what a buyer holds no longer, and what is held again, does not count', () => {
    const show = aShow({ 1: { heldBy: 'ann', until: '12:15' }, 2: { heldBy: 'ann', until: '12:30' } });
    expect(ask(show, hold('ann', 2, 3, 4, 5), '12:15').seats).toHaveLength(4);
    expect(seatsOf(show, 'ann', '12:15').sort()).toEqual([2, 3, 4, 5]);
  });

  test('whoever holds the same seats again and again has them for half an hour and no longer', () => {
    const show = aShow();
    const ends = ['12:00', '12:10', '12:20', '12:29:59'].map((time) => endOf(ask(show, hold('ann', 1, 2), time).seats));
    expect(ends).toEqual(['12:15', '12:25', '12:30', '12:30'].map(at));
    expect(ask(show, hold('bob', 1, 2), '12:30').userId).toBe('bob');
  });

  test('nobody keeps seats for longer by taking others to them', () => {
    const show = aShow();
    ask(show, hold('ann', 1), '12:00');
    expect(endOf(ask(show, hold('ann', 1, 2), '12:10').seats)).toEqual(at('12:25'));
    expect(endOf(ask(show, hold('ann', 2, 3), '12:20').seats)).toEqual(at('12:30'));
    expect(seatsOf(show, 'ann', '12:30')).toEqual([]);
  });
});

describe('extending', () => {
  test('a hold ends fifteen minutes from when it is extended, once', () => {
    const show = aShow();
    const [holdId = ''] = holdIdsOf(ask(show, hold('ann', 1, 2), '12:00').seats);
    const { kind, userId, seats } = ask(show, extend(holdId), '12:10');
    expect([kind, userId, endOf(seats), seats.length]).toEqual(['extended', 'ann', at('12:25'), 2]);
    expect(refusal(() => ask(show, extend(holdId), '12:24')).code).toBe('hold_extended');
    expect(seatsOf(show, 'ann', '12:25')).toEqual([]);
  });

  test('no extension lasts longer than a buyer may keep seats', () => {
    const show = aShow({ 1: { heldBy: 'ann', holdId: 'anns' } });
    const { rule } = extension({ eventId: 'show', holdId: 'anns' }, { ...limits, holdMinutesMax: 20 });
    expect(endOf(rule(show, at('12:10')).seats)).toEqual(at('12:20'));
  });

  test('a hold that is over, or never was, is not extended', () => {
    const show = aShow({ 1: { heldBy: 'ann', holdId: 'anns', until: '12:15' } });
    for (const holdId of ['anns', 'nobodys'])
      expect(refusal(() => ask(show, extend(holdId), '12:15')).code).toBe('hold_over');
  });

  test.each([
    { until: '12:15', now: '12:10', holdMinutesMax: 30, is: true, why: 'its end was not moved' },
    { until: '12:15', now: '12:15', holdMinutesMax: 30, is: false, why: 'its end has come' },
    { until: '12:25', now: '12:10', holdMinutesMax: 30, is: false, why: 'its end was moved' },
    { until: '12:15', now: '12:10', holdMinutesMax: 15, is: false, why: 'nobody may keep seats longer' },
  ])('a hold since 12:00 until $until is told at $now to be extendable: $is, since $why', (hold) => {
    const ends = { heldSince: at('12:00'), heldUntil: at(hold.until) };
    expect(isExtendable(ends, at(hold.now), { holdMinutesMax: hold.holdMinutesMax })).toBe(hold.is);
  });

  test('only the hold that is named is extended', () => {
    const show = aShow({ 1: { heldBy: 'ann', holdId: 'first' }, 2: { heldBy: 'ann', holdId: 'second' } });
    ask(show, extend('first'), '12:10');
    expect(seatsOf(show, 'ann', '12:15')).toEqual([1]);
  });
});

describe('releasing', () => {
  test('gives all seats of the hold back, and nothing else', () => {
    const show = aShow({
      1: { heldBy: 'ann', holdId: 'anns' },
      2: { heldBy: 'ann', holdId: 'anns' },
      3: { heldBy: 'ann', holdId: 'other' },
    });
    const { seats } = ask(show, giveBack('anns'), '12:00');
    expect(seats).toMatchObject([
      { number: 1, state: 'open' },
      { number: 2, state: 'open' },
    ]);
    expect(seatsOf(show, 'ann', '12:00')).toEqual([3]);
    expect(ask(show, hold('bob', 1, 2), '12:00').seats).toHaveLength(2);
  });

  test('twice is as good as once, also when somebody else has the seats by then', () => {
    const show = aShow({ 1: { heldBy: 'ann', holdId: 'anns' } });
    ask(show, giveBack('anns'), '12:00');
    ask(show, hold('bob', 1), '12:00');
    expect(ask(show, giveBack('anns'), '12:00').seats).toEqual([]);
    expect(seatsOf(show, 'bob', '12:00')).toEqual([1]);
  });

  test('what was bought is not given back', () => {
    const show = aShow({ 1: { heldBy: 'ann', holdId: 'anns' } });
    ask(show, buyHold('ann', 'anns'), '12:00');
    expect(ask(show, giveBack('anns'), '12:00').seats).toEqual([]);
    expect(refusal(() => ask(show, extend('anns'), '12:00')).code).toBe('hold_over');
    expect(seatsOf(show, 'ann', '12:00')).toEqual([1]);
  });
});

describe('buying', () => {
  test('a hold is bought at the prices of its seats, under one order', () => {
    const show = aShow({
      1: { heldBy: 'ann', holdId: 'anns', pricePence: 1_250 },
      2: { heldBy: 'ann', holdId: 'anns', pricePence: 4_000 },
      3: { heldBy: 'ann', holdId: 'other' },
    });
    const { seats, order } = ask(show, buyHold('ann', 'anns'), '12:14:59');
    expect(seats.map(({ number, state }) => [number, state])).toEqual([
      [1, 'sold'],
      [2, 'sold'],
    ]);
    expect(order).toMatchObject({ userId: 'ann', seats: [1, 2], totalPence: 5_250, boughtAt: at('12:14:59') });
  });

  test('a hold that has ended, was given back or never was is over', () => {
    const show = aShow({ 1: { heldBy: 'ann', holdId: 'anns', until: '12:15' }, 2: { heldBy: 'ann', holdId: 'back' } });
    ask(show, giveBack('back'), '12:00');
    expect(refusal(() => ask(show, buyHold('ann', 'anns'), '12:15')).code).toBe('hold_over');
    for (const holdId of ['back', 'nobodys'])
      expect(refusal(() => ask(show, buyHold('ann', holdId), '12:00')).code).toBe('hold_over');
  });

  test('nobody buys the hold of another', () => {
    const show = aShow({ 1: { heldBy: 'ann', holdId: 'anns' } });
    expect(refusal(() => ask(show, buyHold('bob', 'anns'), '12:00')).code).toBe('hold_over');
    expect(refusal(() => ask(show, buy('bob', 1, 2), '12:00'))).toMatchObject({
      code: 'seats_taken',
      details: { taken: [{ seat: 1, because: 'held' }] },
    });
    expect(seatsOf(show, 'bob', '12:00')).toEqual([]);
  });

  test('seats that are free, or whose hold has ended, can be bought by anybody', () => {
    const show = aShow({ 1: { heldBy: 'ann', until: '12:15' } });
    expect(ask(show, buy('bob', 1, 2), '12:15').order).toMatchObject({ userId: 'bob', seats: [1, 2] });
  });

  test('a seat that was sold is not sold again, and one that is not there is named', () => {
    const show = aShow({ 1: { soldTo: 'ann' } });
    for (const userId of ['ann', 'bob'])
      expect(refusal(() => ask(show, buy(userId, 1), '12:00')).details).toMatchObject({
        taken: [{ seat: 1, because: 'sold' }],
      });
    expect(refusal(() => ask(show, buy('ann', 11), '12:00')).details).toEqual({ unknown: [11] });
  });

  test('no more seats are bought than a buyer may have, those that are held or owned included', () => {
    const show = aShow();
    ask(show, hold('ann', 1, 2), '12:00');
    ask(show, buy('ann', 3), '12:00');
    expect(refusal(() => ask(show, buy('ann', 4, 5), '12:00'))).toMatchObject({
      code: 'too_many_seats',
      details: { limit: 4, has: 3 },
    });
  });
});

function hold(userId: string, ...seats: number[]) {
  return holding({ eventId: 'show', userId, seats }, limits);
}

function holdBest(userId: string, count: number) {
  return holdingBest({ eventId: 'show', userId, wish: { count, adjacent: true, accessible: false } }, limits);
}

function extend(holdId: string) {
  return extension({ eventId: 'show', holdId }, limits);
}

function giveBack(holdId: string) {
  return release({ eventId: 'show', holdId });
}

function buy(userId: string, ...seats: number[]) {
  return sale({ eventId: 'show', userId, wanted: { seats } }, limits);
}

function buyHold(userId: string, holdId: string) {
  return sale({ eventId: 'show', userId, wanted: { holdId } });
}

type Refused = { readonly kind: string; readonly code: string; readonly details: object };

function refusal(work: () => unknown): Refused {
  try {
    work();
  } catch (error) {
    return error as Refused;
  }
  throw new Error('it was granted');
}

type Changed = ReturnType<typeof ask>['seats'];

function endOf([first]: Changed): Temporal.Instant | undefined {
  return first?.state === 'held' ? first.heldUntil : undefined;
}

function holdIdsOf(seats: Changed): string[] {
  return seats.flatMap((seat) => (seat.state === 'held' ? seat.holdId : []));
}
