import { randomUUID } from 'node:crypto';
import { eventUpsertedUrn, userUpsertedUrn } from '@ticketbuddy/contracts';
import type { Message } from '@ticketbuddy/messaging';
import { describe, expect, test } from 'vitest';
import { consumers } from './consumers.ts';
import { purchaseSeats } from './purchase-seats.ts';
import { reserveSeats } from './reserve-seats.ts';
import { aBoxOfficePerTest, aRequest } from './test-box-office.ts';
import { anEventUpserted, at, idOf } from './test-builders.ts';

const openBoxOffice = aBoxOfficePerTest();

describe('an announced event', () => {
  test('gets its seats', async () => {
    const { seats, receive } = await openInbox();
    await receive(aMessage({ venue: 9, price: '25.50' }));
    expect(await seats()).toHaveLength(20);
    expect((await seats())[0]).toMatchObject({ number: 1, state: 'open', pricePence: 2_550 });
  });

  test('gets them once when its message is delivered twice', async () => {
    const { seats, ledger, receive } = await openInbox();
    const message = aMessage();
    await receive(message);
    const [before, entries] = [await seats(), await ledger()];
    await receive(message);
    expect([await seats(), await ledger()]).toEqual([before, entries]);
  });

  test('gets them once when its message is delivered twice at the same time', async () => {
    const { seats, receive } = await openInbox();
    const message = aMessage();
    await Promise.all([receive(message), receive(message)]);
    expect(await seats()).toHaveLength(10);
  });

  test('gets them once when its first two versions come at the same time, at the newer price', async () => {
    const { seats, receive } = await openInbox();
    await Promise.all([receive(aMessage({ price: '10' }, 1)), receive(aMessage({ price: '20' }, 2))]);
    expect((await seats()).map(({ pricePence }) => pricePence)).toEqual(Array(10).fill(2_000));
  });
});

describe('a changed event', () => {
  test('gives its new price to open and held seats, and to none that is sold', async () => {
    const { deps, seats, receive } = await openInbox();
    await receive(aMessage({ price: '10' }, 1));
    const [sold, held] = await seats();
    await purchaseSeats(deps, [aRequest(idOf('ann'), sold)]);
    await reserveSeats(deps, [aRequest(idOf('bob'), held)]);
    await receive(aMessage({ price: '20' }, 2));
    expect((await seats()).map(({ pricePence }) => pricePence)).toEqual([1_000, ...Array(9).fill(2_000)]);
  });

  test.each([0, 10])(
    'keeps its seats when it is announced for venue %i, and prices them as where they are',
    async (venue) => {
      const { seats, receive } = await openInbox();
      await receive(aMessage({ venue: 9, price: '10' }, 1));
      await receive(aMessage({ venue, price: '20' }, 2));
      expect((await seats()).map(({ pricePence }) => pricePence)).toEqual(Array(20).fill(2_000));
    },
  );

  test('keeps its holds and sales', async () => {
    const { deps, seats, receive } = await openInbox();
    await receive(aMessage({}, 1));
    const [sold, held] = await seats();
    await purchaseSeats(deps, [aRequest(idOf('ann'), sold)]);
    await reserveSeats(deps, [aRequest(idOf('bob'), held)]);
    await receive(aMessage({ price: '20' }, 2));
    expect(await seats()).toMatchObject([
      { state: 'sold', ownerId: idOf('ann'), soldAt: at('12:00') },
      { state: 'held', holderId: idOf('bob'), heldUntil: at('12:15') },
      ...Array(8).fill({ state: 'open' }),
    ]);
  });

  test.each([
    { which: 'an older', version: 2 },
    { which: 'the same', version: 3 },
  ])('is not overwritten by $which version that comes later', async ({ version }) => {
    const { seats, ledger, events, receive } = await openInbox();
    await receive(aMessage({ eventName: 'New', price: '30' }, 3));
    const before = [await seats(), await ledger(), await events()];
    await receive(aMessage({ eventName: 'Old', price: '20' }, version));
    expect([await seats(), await ledger(), await events()]).toEqual(before);
  });

  test.each([
    { what: 'two without a version', first: undefined, second: undefined },
    { what: 'one with a version and one without', first: 7, second: undefined },
    { what: 'one without a version and one with', first: undefined, second: 1 },
  ])('of $what is the one that was sent later, in whatever order they come', async ({ first, second }) => {
    for (const laterComesFirst of [false, true]) {
      const { seats, receive } = await openInbox();
      const [earlier, later] = [
        { ...aMessage({ price: '10' }), version: first, sentAt: at('11:00') },
        { ...aMessage({ price: '20' }), version: second, sentAt: at('11:01') },
      ];
      for (const message of laterComesFirst ? [later, earlier] : [earlier, later]) await receive(message);
      expect((await seats())[0]).toMatchObject({ pricePence: 2_000 });
    }
  });

  test('leaves other events alone', async () => {
    const { seats, announce, receive } = await openInbox();
    const others = await announce({ id: randomUUID() });
    await receive(aMessage({ price: '20' }, 1));
    expect(await seats(others[0].eventId)).toEqual(others);
  });
});

describe('every form that a message may have is understood:', () => {
  test.each([
    { price: '25', pence: 2_500 },
    { price: '25.5', pence: 2_550 },
    { price: '25.5000', pence: 2_550 },
    { price: '25.555', pence: 2_556 },
    { price: '0', pence: 0 },
  ])('the price $price', async ({ price, pence }) => {
    const { seats, receive } = await openInbox();
    await receive(aMessage({ price }));
    expect((await seats())[0]).toMatchObject({ pricePence: pence });
  });

  test.each([
    { startDate: '2031-07-01T19:00:00.1234567+02:00', startsAt: '2031-07-01T17:00:00.123456Z' },
    { startDate: '2031-07-01T17:00:00+00:00', startsAt: '2031-07-01T17:00:00Z' },
    { startDate: '2031-07-01T17:00:00Z', startsAt: '2031-07-01T17:00:00Z' },
  ])('the date $startDate', async ({ startDate, startsAt }) => {
    const { events, receive } = await openInbox();
    await receive(aMessage({ startDate, endDate: startDate }));
    expect(await events()).toMatchObject([{ starts_at: Temporal.Instant.from(startsAt) }]);
  });
});

describe('a message that cannot be read throws and leaves nothing behind, so that it is tried again and then parked:', () => {
  test.each([
    { what: 'no body', body: undefined },
    { what: 'a body that is a text', body: 'EventUpserted' },
    { what: 'no price', body: { ...anEventUpserted(), price: undefined } },
    { what: 'a price that is no number', body: anEventUpserted({ price: 'free' }) },
    { what: 'a negative price', body: anEventUpserted({ price: '-0.01' }) },
    { what: 'a date that is none', body: anEventUpserted({ startDate: '2031-02-30T19:00:00Z' }) },
    { what: 'an end that is none', body: anEventUpserted({ endDate: 'late' }) },
    { what: 'a venue by its name', body: { ...anEventUpserted(), venue: 'O2ArenaLondon' } },
    { what: 'a venue that nobody knows', body: anEventUpserted({ venue: 11 }) },
    { what: 'an id that is none', body: anEventUpserted({ id: 'show' }) },
  ])('$what', async ({ body }) => {
    const { pool, receive, events } = await openInbox();
    await expect(receive({ ...aMessage(), body })).rejects.toThrow();
    expect(await events()).toEqual([]);
    expect(await pool.query('select from tickets.inbox')).toMatchObject({ rowCount: 0 });
  });
});

describe('an event at which no seat could be sold is set aside, and the reason says why:', () => {
  test.each([
    { what: 'no price', price: null, reason: 'the event has no price' },
    { what: 'a price below zero', price: '-12.50', reason: 'the event has a price below zero (-12.50)' },
    { what: 'a venue that nobody knows', venue: 11, reason: 'nobody knows how many seats venue 11 has' },
  ])('$what', async ({ reason, what: _, ...said }) => {
    const { receive } = await openInbox();
    await expect(receive({ ...aMessage(), body: anEventUpserted(said) })).rejects.toThrow(reason);
  });
});

test('tickets listens to events and users, on a queue each', async () => {
  const { deps } = await openBoxOffice();
  const queues = consumers(deps).map(({ name, urns }) => ({ name, urns }));
  expect(queues).toEqual([
    { name: 'tickets.events', urns: [eventUpsertedUrn] },
    { name: 'tickets.users', urns: [userUpsertedUrn] },
  ]);
});

async function openInbox() {
  const boxOffice = await openBoxOffice();
  const [events] = consumers(boxOffice.deps);
  return {
    ...boxOffice,
    receive: async (message: Message) => events?.handle(message),
    events: async () => (await boxOffice.pool.query('select * from tickets.events')).rows,
    ledger: async () => (await boxOffice.pool.query('select * from tickets.ledger order by version, nth')).rows,
  };
}

function aMessage(changes: Partial<ReturnType<typeof anEventUpserted>> = {}, version = 1): Message {
  const body = anEventUpserted(changes);
  return { id: randomUUID(), urn: eventUpsertedUrn, key: body.id, version, sentAt: at('11:00'), body };
}
