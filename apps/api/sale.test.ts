import { randomUUID } from 'node:crypto';
import { eventUpsertedUrn } from '@ticketbuddy/contracts';
import { createDatabase } from '@ticketbuddy/postgres/database';
import type { TestDatabase } from '@ticketbuddy/testing';
import { until } from '@ticketbuddy/testing';
import { auditSeats } from '@ticketbuddy/tickets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anEmptyDatabase, waitingSessions } from './test-database.ts';
import { aProcess } from './test-process.ts';
import {
  aCustomer,
  anEvent,
  announce,
  change,
  purchase,
  register,
  reserve,
  seatsOf,
  seatsOnceThere,
  type Ticket,
} from './test-sale.ts';
import { ask, type OrderBody, openOffice, publishedKeys } from './test-selling-v2.ts';
import { type Answer, get, send } from './test-send.ts';
import { type SplitShop, shapes, startSplitShop, startTestShop, type TestShop } from './test-shop.ts';

describe.each(shapes)('in the shape "%s"', (shape) => {
  let shop: TestShop;
  beforeAll(async () => {
    shop = await startTestShop(shape);
  });
  afterAll(() => shop?.stop());

  it('an administrator announces an event, and a buyer holds and buys two of its seats', async () => {
    await register(shop.url, aCustomer({ FullName: 'Ada Admin', UserType: 'Administrator' }));
    const buyer = await register(shop.url);
    const eventId = await announce(shop.url, anEvent({ Venue: 'O2ArenaLondon', Price: 12.5 }));
    const seats = await seatsOnceThere(shop.url, eventId);
    expect(seats.map(({ SeatNumber, Price }) => [SeatNumber, Price])).toEqual(
      oneTo(10).map((number) => [number, 12.5]),
    );

    const two = idsOf(seats.slice(3, 5));
    expect((await reserve(shop.url, eventId, buyer, two)).status).toBe(204);
    expect(flagged('Reserved', await seatsOf(shop.url, eventId))).toEqual(two);
    expect((await purchase(shop.url, eventId, buyer, two)).status).toBe(204);
    const after = await seatsOf(shop.url, eventId);
    expect([flagged('Purchased', after), flagged('Reserved', after)]).toEqual([two, []]);
    expect(idsOf(JSON.parse((await get(shop.url, `/events/${eventId}/tickets/user/${buyer}`)).body))).toEqual(two);
  });

  it('on v2 a buyer holds two seats, buys them, and finds order, tickets and the whole house again', async () => {
    const buyer = await register(shop.url);
    const office = await openOffice(shop.url);
    const { body: held } = await office.hold(buyer, [4, 5]);
    const { status, body: bought } = await office.buy(buyer, { holdId: held.holdId });
    expect([status, bought.tickets.map(({ seat }) => seat)]).toEqual([201, [4, 5]]);
    const { body: found } = await ask<OrderBody>(shop.url, 'GET', `/v2/orders/${bought.order.id}`);
    expect(found.tickets).toEqual(bought.tickets);
    expect(await publishedKeys(shop.url)).toHaveLength(1);
    const house = `/v2/events/${office.eventId}`;
    for (const part of ['seat-map', 'seat-status']) expect((await get(shop.url, `${house}/${part}`)).status).toBe(200);
  });

  it('a seat that another buyer holds can be neither held nor bought', async () => {
    const { eventId, seats, holder } = await aHeldSeat(shop);
    for (const answer of [
      await reserve(shop.url, eventId, randomUUID(), seats),
      await purchase(shop.url, eventId, randomUUID(), seats),
    ]) {
      expect(refusal(answer)).toEqual([400, 'Tickets already reserved']);
    }
    expect((await purchase(shop.url, eventId, holder, seats)).status).toBe(204);
  });

  it('a hold that has come to its end is in nobody’s way', async () => {
    const { eventId, seats } = await aHeldSeat(shop);
    await shop.endHolds(seats);
    expect((await purchase(shop.url, eventId, randomUUID(), seats)).status).toBe(204);
  });

  it('a sold seat can be neither held nor bought, not even by its owner', async () => {
    const { eventId, seats, holder } = await aHeldSeat(shop);
    await purchase(shop.url, eventId, holder, seats);
    for (const answer of [
      await reserve(shop.url, eventId, holder, seats),
      await purchase(shop.url, eventId, holder, seats),
    ]) {
      expect(refusal(answer)).toEqual([400, 'Tickets are not available']);
    }
  });

  it('a purchase that names one seat too many buys none of the others', async () => {
    const eventId = await announce(shop.url);
    const [first] = await seatsOnceThere(shop.url, eventId);
    const answer = await purchase(shop.url, eventId, randomUUID(), [first?.Id ?? '', randomUUID()]);
    expect(refusal(answer)).toEqual([400, 'One or more tickets do not exist']);
    expect(flagged('Purchased', await seatsOf(shop.url, eventId))).toEqual([]);
  });

  it('a new price reaches the seats that are not sold, held ones included', async () => {
    const event = anEvent({ Venue: 'O2ArenaLondon', Price: 25 });
    const eventId = await announce(shop.url, event);
    const [sold, held] = idsOf(await seatsOnceThere(shop.url, eventId));
    await purchase(shop.url, eventId, randomUUID(), [sold ?? '']);
    await reserve(shop.url, eventId, randomUUID(), [held ?? '']);
    expect((await change(shop.url, eventId, { ...event, Price: 30 })).status).toBe(204);
    const prices = await until('a seat has the new price', async () => {
      const now = (await seatsOf(shop.url, eventId)).map(({ Price }) => Price);
      return now.includes(30) && now;
    });
    expect(prices).toEqual([25, ...Array(9).fill(30)]);
  });

  it('of two hundred buyers who want one seat, exactly one gets it', async () => {
    const eventId = await announce(shop.url);
    const [seat] = idsOf(await seatsOnceThere(shop.url, eventId));
    const buyers = Array.from({ length: 200 }, () => randomUUID());
    const answers = await Promise.all(buyers.map((buyer) => purchase(shop.url, eventId, buyer, [seat ?? ''])));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 204).map((answer) => refusal(answer).join(' ')))).toEqual(
      new Set(['400 Tickets are not available']),
    );
  });
});

describe('the process that sells', () => {
  let shop: SplitShop;
  beforeAll(async () => {
    shop = await startSplitShop();
  });
  afterAll(() => shop?.stop());

  it('makes the seats of an event that was announced while it was away', async () => {
    await shop.endTickets('SIGTERM');
    const eventId = await announce(shop.url);
    expect((await get(shop.url, `/events/${eventId}`)).status).toBe(200);
    await shop.startTickets();
    expect(await seatsOnceThere(shop.url, eventId)).toHaveLength(20);
  });

  it('killed in the middle of a message and of a purchase, loses nothing and does nothing twice', async () => {
    const { url, database } = shop;
    const sale = await announce(url);
    const [bought = '', wanted = ''] = idsOf(await seatsOnceThere(url, sale));
    expect((await purchase(url, sale, randomUUID(), [bought])).status).toBe(204);

    const release = await lockSeats(database);
    const attempt = { userId: randomUUID(), seats: [wanted], key: 'once' };
    const cutOff = purchaseOnce(url, sale, attempt);
    const eventId = await announce(url);
    await until('message and purchase wait', async () => (await waitingSessions(database.pool)) === 2);
    await shop.endTickets('SIGKILL');
    await release();
    await shop.startTickets();

    expect(await seatsOnceThere(url, eventId)).toHaveLength(20);
    // Nobody can say whether the purchase was made: who asks again in its name is told so, and it is made once.
    expect((await cutOff).status).toBe(502);
    expect((await purchaseOnce(url, sale, attempt)).status).toBe(204);
    expect(flagged('Purchased', await seatsOf(url, sale))).toEqual([bought, wanted]);
    expect(await entriesOfSales(database, sale)).toEqual([1, 2]);
    expect((await auditSeats({ db: createDatabase(database.pool) })).findings).toEqual([]);
  });

  it('needs nothing of the others but their messages', async () => {
    const { url, pool } = await anEmptyDatabase();
    const alone = await aProcess({ DATABASE_URL: url, MODULES: 'tickets' }).url;
    const eventId = randomUUID();
    await pool.query(
      `insert into broker.messages (queue, message_id, urn, key, version, sent_at, body)
       values ('tickets.events', gen_random_uuid(), $1, $2, 1, now(), $3)`,
      [eventUpsertedUrn, eventId, JSON.stringify(aMessage(eventId))],
    );
    await pool.query(`notify "queue.tickets.events"`);
    const [seat = ''] = idsOf(await seatsOnceThere(alone, eventId));
    expect((await purchase(alone, eventId, randomUUID(), [seat])).status).toBe(204);
    // The jobs' schema is made in the background, now or a little later.
    const { rows } = await pool.query(
      "select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'jobs' order by 1",
    );
    const theServers = ['information_schema', 'public'];
    expect(rows.map(({ nspname }) => nspname)).toEqual(['broker', 'migrations', 'tickets', ...theServers].sort());
  });
});

async function lockSeats({ pool }: TestDatabase) {
  const client = await pool.connect();
  await client.query('begin; lock table tickets.seats in access exclusive mode');
  return async () => {
    await client.query('rollback');
    client.release();
  };
}

/** A purchase that may be sent again in the name of the same key. */
function purchaseOnce(url: string, eventId: string, attempt: { userId: string; seats: string[]; key: string }) {
  const { userId, seats: ticketIds, key } = attempt;
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  const path = `/events/${eventId}/tickets/purchase`;
  return send(url, { method: 'POST', path, headers, body: JSON.stringify({ userId, ticketIds }) });
}

/** The numbers of the seats that were sold, as often as the ledger says so. */
async function entriesOfSales({ pool }: TestDatabase, eventId: string): Promise<number[]> {
  const sold = `select unnest(numbers) as number from tickets.ledger where kind = 'sold' and event_id = $1 order by 1`;
  return (await pool.query(sold, [eventId])).rows.map(({ number }) => number);
}

function aMessage(id: string) {
  const [startDate, endDate] = ['2031-07-01T19:00:00+00:00', '2031-07-01T22:00:00+00:00'];
  return { id, eventName: 'Night', startDate, endDate, venue: 9, price: '25.50' };
}

async function aHeldSeat({ url }: TestShop) {
  const [eventId, holder] = [await announce(url), randomUUID()];
  const seats = idsOf(await seatsOnceThere(url, eventId)).slice(0, 1);
  const answer = await reserve(url, eventId, holder, seats);
  if (answer.status !== 204) throw new Error(`the seat was not held: ${answer.body}`);
  return { eventId, seats, holder };
}

function refusal({ status, body }: Answer): [number, string] {
  const { Message, Errors } = JSON.parse(body);
  return [status, Message === 'The request could not be correctly validated.' ? Errors.join() : Message];
}

function flagged(flag: 'Purchased' | 'Reserved', seats: readonly Ticket[]): string[] {
  return idsOf(seats.filter((seat) => seat[flag]));
}

function idsOf(seats: readonly Ticket[]): string[] {
  return seats.map(({ Id }) => Id);
}

function oneTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
