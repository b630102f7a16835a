import { createPool } from '@ticketbuddy/postgres';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { until } from '@ticketbuddy/testing';
import { auditSeats } from '@ticketbuddy/tickets';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type PersistentBuyers, sendPersistentBuyers } from './test-persistent-buyers.ts';
import { type ShopProcess, startProcess } from './test-process.ts';
import { anEvent, announce, seatsOnceThere } from './test-sale.ts';
import { ask, type OrderBody } from './test-selling-v2.ts';
import { startTestServer, type TestServer } from './test-server.ts';

let server: TestServer;
let pool: pg.Pool;
const shops: ShopProcess[] = [];
const urls: string[] = [];

beforeAll(async () => {
  server = await startTestServer();
  pool = createPool({ url: server.url, connections: 2 });
  for (const nth of [0, 1]) await open(nth);
});
afterAll(async () => {
  await pool?.end();
  await Promise.all(shops.map((shop) => shop.end('SIGKILL')));
  await server?.remove();
});

it('while processes are killed, the database is killed and clients leave, every purchase is made once', async () => {
  const eventId = await announce(urls[0] ?? '', anEvent({ Venue: 'StadiumOfTheNorth' }));
  await seatsOnceThere(urls[0] ?? '', eventId);
  const buyers = sendPersistentBuyers({ eventId, urls: () => urls, seats: 4_000 }, 8);
  onTestFinished(() => buyers.stop());
  for (const nth of [0, 1, 0, 1]) {
    await more(buyers, 50);
    await shops[nth]?.end('SIGKILL');
    await more(buyers, 10);
    await open(nth);
  }
  await server.kill();
  await server.start();
  await more(buyers, 50);
  await buyers.stop();

  const { bought, counts, strange } = buyers;
  expect(strange).toEqual([]);
  expect(counts).toEqual({
    refused: expect.toSatisfy(above0),
    lost: expect.toSatisfy(above0),
    left: expect.toSatisfy(above0),
  });
  expect(await ordersIn(eventId)).toEqual(bought.map(factsOf).sort(byId));
  expect(await soldSeats(eventId)).toEqual(bought.flatMap(seatsOf).sort(bySeat));
  for (const order of bought) expect((await asked(order)).body).toEqual({ ...order, serverTime: expect.any(String) });
  expect((await auditSeats({ db: createDatabase(pool) })).findings).toEqual([]);
}, 120_000);

async function open(nth: number): Promise<void> {
  const shop = startProcess({ DATABASE_URL: server.url });
  urls[nth] = await shop.url;
  shops[nth] = shop;
}

function more({ bought, strange }: PersistentBuyers, count: number): Promise<true> {
  const enough = bought.length + count;
  return until(`${count} purchases more were answered (${strange})`, async () => bought.length >= enough && true);
}

function asked({ order }: OrderBody) {
  return ask<OrderBody>(urls[0] ?? '', 'GET', `/v2/orders/${order.id}`);
}

function factsOf({ order: { id, number, userId, totalPence }, tickets }: OrderBody) {
  return { id, number, userId, totalPence, seats: tickets.map(({ seat }) => seat) };
}

async function ordersIn(eventId: string) {
  const { rows } = await pool.query(
    `select id, number, user_id as "userId", total_pence as "totalPence", numbers as seats
     from tickets.orders where event_id = $1`,
    [eventId],
  );
  return rows.sort(byId);
}

function seatsOf({ order: { userId }, tickets }: OrderBody) {
  return tickets.map(({ seat, pricePence }) => ({ seat, userId, pricePence }));
}

async function soldSeats(eventId: string) {
  const { rows } = await pool.query(
    `select number as seat, owner_id as "userId", price_pence as "pricePence"
     from tickets.seats where event_id = $1 and owner_id is not null`,
    [eventId],
  );
  return rows.sort(bySeat);
}

function above0(count: number): boolean {
  return count > 0;
}

function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : 1;
}

function bySeat(one: { readonly seat: number }, other: { readonly seat: number }): number {
  return one.seat - other.seat;
}
