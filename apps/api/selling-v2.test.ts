import { randomUUID } from 'node:crypto';
import type { TestDatabase } from '@ticketbuddy/testing';
import { until } from '@ticketbuddy/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { waitingSessions } from './test-database.ts';
import { purchase, reserve, seatsOf } from './test-sale.ts';
import { ask, type Office, type OrderBody, openOffice, publishedKeys } from './test-selling-v2.ts';
import { startWholeShop, type TestShop } from './test-shop.ts';
import { proven } from './test-ticket-code.ts';

let shop: TestShop;
let office: Office;
let ann: string;
let bob: string;

beforeAll(async () => {
  shop = await startWholeShop({ numbers: { SEATS_PER_BUYER_MAX: 4, SELLING_WAIT_MS_MAX: 500 } });
});
beforeEach(async () => {
  [ann, bob] = [randomUUID(), randomUUID()];
  office = await openOffice(shop.url);
});
afterAll(() => shop?.stop());

describe('a hold', () => {
  test('is for its buyer until its end, can be looked at, and extended once', async () => {
    const { status, headers, body: held } = await office.hold(ann, [2, 3]);
    expect([status, headers.location]).toEqual([201, `/v2/events/${office.eventId}/holds/${held.holdId}`]);
    expect(held).toMatchObject({ eventId: office.eventId, seats: [2, 3], extendable: true });
    expect(minutesLeft(held)).toBe(15);
    expect((await office.look(held.holdId)).body).toEqual({ ...held, serverTime: expect.any(String) });
    const { body: extended } = await office.extend(held.holdId);
    expect(extended).toMatchObject({ holdId: held.holdId, seats: [2, 3], extendable: false });
    expect(Date.parse(extended.heldUntil)).toBeGreaterThan(Date.parse(held.heldUntil));
    expect(await office.extend(held.holdId)).toMatchObject({ status: 409, body: { code: 'hold_extended' } });
  });

  test('keeps others out, who hear which seats are taken and which others they could have', async () => {
    const { body: held } = await office.hold(ann, [2, 3]);
    await office.buy(ann, { seats: [4] });
    const { status, headers, body } = await office.hold(bob, [3, 4, 5]);
    expect([status, headers['content-type']]).toEqual([409, 'application/problem+json; charset=utf-8']);
    expect(body).toMatchObject({
      code: 'seats_taken',
      taken: [
        { seat: 3, because: 'held' },
        { seat: 4, because: 'sold' },
      ],
    });
    expect((await office.hold(bob, body.alternative as number[])).status).toBe(201);
    expect(await office.buy(bob, { holdId: held.holdId })).toMatchObject({ status: 409, body: { code: 'hold_over' } });
  });

  test.each([
    ['DELETE', 'release'],
    ['POST', 'releaseByPost'],
  ] as const)('is given back by %s, as often as one likes', async (_, way) => {
    const { holdId } = (await office.hold(ann, [1])).body;
    expect([(await office[way](holdId)).status, (await office[way](holdId)).status]).toEqual([204, 204]);
    expect(await office.look(holdId)).toMatchObject({ status: 404, body: { code: 'hold_unknown' } });
    expect((await office.hold(bob, [1])).status).toBe(201);
  });

  test('ends by itself, and then cannot be bought', async () => {
    const { holdId } = (await office.hold(ann, [1])).body;
    await shop.endHolds();
    expect((await office.look(holdId)).body.code).toBe('hold_unknown');
    expect((await office.buy(ann, { holdId })).body.code).toBe('hold_over');
    expect((await office.hold(bob, [1])).status).toBe(201);
  });

  test('of more seats than a buyer may have is refused, with how many that is', async () => {
    await office.buy(ann, { seats: [1, 2] });
    await office.hold(ann, [3]);
    const { status, body } = await office.hold(ann, [4, 5]);
    expect([status, body]).toMatchObject([409, { code: 'too_many_seats', limit: 4, has: 3 }]);
  });

  test('of what is not there is refused with what that is', async () => {
    const { status, body } = await office.hold(ann, [20, 21, 1_000_000]);
    expect([status, body]).toMatchObject([404, { code: 'seats_unknown', unknown: [21, 1_000_000] }]);
    const nowhere = `/v2/events/${randomUUID()}/holds`;
    const elsewhere = await ask(shop.url, 'POST', nowhere, { body: { userId: ann, seats: [1] } });
    expect(elsewhere).toMatchObject({ status: 404, body: { code: 'event_unknown' } });
  });
});

describe('a purchase', () => {
  test('of a hold is an order, with a ticket for each seat at its price', async () => {
    const { holdId } = (await office.hold(ann, [2, 3])).body;
    const { status, headers, body } = await office.buy(ann, { holdId });
    expect([status, headers.location]).toEqual([201, `/v2/orders/${body.order.id}`]);
    expect(body.order).toMatchObject({ eventId: office.eventId, userId: ann, totalPence: 5_000 });
    expect(body.order.number).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}$/);
    const tickets = [2, 3].map((seat) => ({ seat, seatId: office.seatId(seat), pricePence: 2_500 }));
    expect(body.tickets).toMatchObject(tickets);
  });

  test('needs no hold', async () => {
    expect((await office.buy(ann, { seats: [7] })).body.tickets).toMatchObject([{ seat: 7 }]);
    expect(await office.buy(bob, { seats: [6, 7] })).toMatchObject({
      status: 409,
      body: { code: 'seats_taken', taken: [{ seat: 7, because: 'sold' }] },
    });
  });

  test('can be looked up with the same codes for ever', async () => {
    const { order, tickets } = (await office.buy(ann, { seats: [3, 1, 2] })).body;
    const again = await ask<OrderBody>(shop.url, 'GET', `/v2/orders/${order.id}`);
    expect([again.status, again.body.order, again.body.tickets]).toEqual([200, order, tickets]);
    const nobodys = await ask(shop.url, 'GET', `/v2/orders/${randomUUID()}`);
    expect(nobodys).toMatchObject({ status: 404, body: { code: 'order_unknown' } });
  });

  test('gives codes that prove the seats to whoever has the published keys', async () => {
    const { order, tickets } = (await office.buy(ann, { seats: [5, 1, 9] })).body;
    const keys = await publishedKeys(shop.url);
    const [boughtAt, { eventId }] = [Temporal.Instant.from(order.boughtAt).epochNanoseconds / 1_000n, order];
    const found = tickets.map(({ code }) => proven(keys, code));
    expect(found).toEqual([5, 1, 9].map((seat) => ({ eventId, seat, boughtAt: Number(boughtAt) })));
    const [code = ''] = tickets.map((ticket) => ticket.code);
    const ofTheNextSeat = `${code.slice(0, 60)}AAAG${code.slice(64)}`;
    expect(() => proven(keys, ofTheNextSeat)).toThrow('the ticket is forged');
  });

  test.each([
    [
      'both a hold and seats',
      { holdId: randomUUID(), seats: [1] },
      { $: ['Exactly one of holdId and seats is wanted.'] },
    ],
    ['neither', {}, { $: ['Exactly one of holdId and seats is wanted.'] }],
    ['one seat twice', { seats: [1, 1] }, { '$.seats': ['The value must not have duplicate items.'] }],
  ])('of %s is not understood, and says why', async (_, wanted, errors) => {
    const { status, body } = await office.buy(ann, wanted as never);
    expect([status, body]).toMatchObject([400, { title: 'One or more validation errors occurred.', errors }]);
  });
});

describe('with an Idempotency-Key', () => {
  test('a purchase that is sent again is answered with the same order and codes, and sells nothing more', async () => {
    const [{ body: first }, { body: again, status }] = [
      await office.buy(ann, { seats: [1, 2] }, 'once'),
      await office.buy(ann, { seats: [1, 2] }, 'once'),
    ];
    expect([status, again.order, again.tickets]).toEqual([201, first.order, first.tickets]);
    expect((await seatsOf(shop.url, office.eventId)).filter(({ Purchased }) => Purchased)).toHaveLength(2);
  });

  test('a hold that is sent again is the same hold, also when it has been given back since', async () => {
    const { body: held } = await office.hold(ann, [1], 'once');
    await office.release(held.holdId);
    const { status, body } = await office.hold(ann, [1], 'once');
    expect([status, body.holdId, body.seats, body.heldUntil]).toEqual([201, held.holdId, [1], held.heldUntil]);
    expect((await office.look(held.holdId)).status).toBe(404);
  });

  test('an extension that is sent again is told the same end, and one without the key that it was extended', async () => {
    const { holdId } = (await office.hold(ann, [1, 2])).body;
    const { body: first } = await office.extend(holdId, 'once');
    const { status, body } = await office.extend(holdId, 'once');
    expect([status, body.heldUntil, body.seats, body.extendable]).toEqual([200, first.heldUntil, [1, 2], false]);
    expect(await office.extend(holdId)).toMatchObject({ status: 409, body: { code: 'hold_extended' } });
  });

  test('a request that says the same in another order is the same', async () => {
    const path = `/v2/events/${office.eventId}/holds`;
    const hold = (body: object) => ask<{ holdId: string }>(shop.url, 'POST', path, { body, key: 'once' });
    const { body: first } = await hold({ userId: ann, seats: [2] });
    const { body: again } = await hold({ seats: [2], userId: ann.toUpperCase() });
    expect(again.holdId).toBe(first.holdId);
  });

  test('a refusal is told again word for word, whatever has become of the seats', async () => {
    const { holdId } = (await office.hold(ann, [1])).body;
    const { body: first } = await office.hold(bob, [1], 'once');
    await office.release(holdId);
    const { status, body } = await office.hold(bob, [1], 'once');
    expect([status, body]).toEqual([409, { ...first, traceId: expect.any(String) }]);
  });

  test('another request under the same key is refused with 422, and another buyer may have the key too', async () => {
    await office.hold(ann, [1], 'once');
    expect(await office.hold(ann, [2], 'once')).toMatchObject({
      status: 422,
      body: { code: 'key_reused', detail: 'The Idempotency-Key was used for another request.' },
    });
    expect((await office.hold(bob, [2], 'once')).status).toBe(201);
    expect((await office.buy(ann, { seats: [3] }, 'once')).status).toBe(201);
  });

  test('a purchase that is sent again while it is being worked on is put off with 409', async () => {
    const letGo = await lockSale(shop.database, office.eventId);
    const first = office.buy(ann, { seats: [1] }, 'once');
    await until('the purchase waits', async () => (await waitingSessions(shop.database.pool)) === 1);
    const second = await office.buy(ann, { seats: [1] }, 'once');
    expect([second.status, second.body.code]).toEqual([409, 'attempt_running']);
    await letGo();
    const { status, body } = await first;
    expect([status, (await office.buy(ann, { seats: [1] }, 'once')).body.order]).toEqual([201, body.order]);
  });
});

test('whoever would have to wait too long for an answer is told at once to come back later', async () => {
  const letGo = await lockSale(shop.database, office.eventId);
  const waiting = [office.hold(ann, [1])];
  const putOff = await until('somebody is put off', async () => {
    const next = office.hold(bob, [2]);
    waiting.push(next);
    const answer = await Promise.race([next, waitingSessions(shop.database.pool)]);
    return typeof answer === 'object' && answer;
  });
  expect([putOff.status, putOff.headers['retry-after']]).toEqual([503, '1']);
  await letGo();
  const statuses = (await Promise.all(waiting)).map(({ status }) => status);
  expect([...new Set(statuses)].sort()).toEqual([201, 503]);
  expect((await office.look((await office.hold(bob, [2])).body.holdId)).status).toBe(200);
});

describe('the first and the second version of the API sell the same seats', () => {
  test('what one holds the other refuses', async () => {
    const { eventId, seatId } = office;
    await reserve(shop.url, eventId, ann, [seatId(1)]);
    await office.hold(ann, [2]);
    expect((await office.hold(bob, [1])).body).toMatchObject({ taken: [{ seat: 1, because: 'held' }] });
    expect((await reserve(shop.url, eventId, bob, [seatId(2)])).body).toContain('Tickets already reserved');
    const listed = await seatsOf(shop.url, eventId);
    expect(listed.filter(({ Reserved }) => Reserved).map(({ SeatNumber }) => SeatNumber)).toEqual([1, 2]);
  });

  test('what one sells the other has not got any more', async () => {
    const { eventId, seatId } = office;
    await purchase(shop.url, eventId, ann, [seatId(1)]);
    await office.buy(ann, { seats: [2] });
    expect((await office.hold(bob, [1])).body).toMatchObject({ taken: [{ seat: 1, because: 'sold' }] });
    expect((await purchase(shop.url, eventId, bob, [seatId(2)])).body).toContain('Tickets are not available');
    const listed = await seatsOf(shop.url, eventId);
    expect(listed.filter(({ Purchased }) => Purchased).map(({ SeatNumber }) => SeatNumber)).toEqual([1, 2]);
  });

  test('what a buyer holds by one can be bought by the other', async () => {
    const { eventId, seatId } = office;
    await reserve(shop.url, eventId, ann, [seatId(1)]);
    const { holdId } = (await office.hold(ann, [2])).body;
    expect((await office.buy(ann, { seats: [1] })).status).toBe(201);
    expect((await purchase(shop.url, eventId, ann, [seatId(2)])).status).toBe(204);
    expect((await office.buy(ann, { holdId })).body.code).toBe('hold_over');
  });
});

/** As a process that sells at the event and does not get on. Lets it go at the end of the test, if not before. */
async function lockSale({ pool }: TestDatabase, eventId: string): Promise<() => Promise<void>> {
  const client = await pool.connect();
  await client.query('begin');
  await client.query('select from tickets.sales where event_id = $1 for update', [eventId]);
  let released: Promise<void> | undefined;
  const letGo = () => (released ??= client.query('rollback').then(() => client.release()));
  onTestFinished(letGo);
  return letGo;
}

function minutesLeft({ heldUntil, serverTime }: { readonly heldUntil: string; readonly serverTime: string }): number {
  return Math.round((Date.parse(heldUntil) - Date.parse(serverTime)) / 60_000);
}
