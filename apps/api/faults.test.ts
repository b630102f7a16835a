import { randomUUID } from 'node:crypto';
import { createPool } from '@ticketbuddy/postgres';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { endInCommit, until } from '@ticketbuddy/testing';
import { auditSeats } from '@ticketbuddy/tickets';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Buyers, outgoing, saysComeBack, sendBuyers } from './test-buyers.ts';
import { type ShopProcess, startProcess } from './test-process.ts';
import { aCustomer, anEvent, announce, seatsOnceThere } from './test-sale.ts';
import { get, send } from './test-send.ts';
import { startTestServer, type TestServer } from './test-server.ts';

let server: TestServer;
let shop: ShopProcess;
let pool: pg.Pool;
let url: string;

beforeAll(async () => {
  server = await startTestServer();
  shop = startProcess({ DATABASE_URL: server.url });
  pool = createPool({ url: server.url, connections: 2 });
  url = await shop.url;
});
afterAll(async () => {
  await pool?.end();
  await shop?.end('SIGKILL');
  await server?.remove();
});

const count = 4;

it('when the database goes away in a commit, only whoever may safely ask again is told to', async () => {
  await endInCommit(pool, 'events.events');
  const { status, headers, body } = await send(url, outgoing('POST', '/events', anEvent()));
  expect([status, headers['retry-after'], body]).toEqual([
    500,
    undefined,
    '{"Message":"An unexpected error occurred.","Errors":[]}',
  ]);
  const { headers: said, ...request } = outgoing('POST', '/events', anEvent());
  const safe = { ...request, headers: { ...said, 'idempotency-key': randomUUID() } };
  expect(await send(url, safe)).toSatisfy(saysComeBack);
  await pool.query('drop function end_me() cascade');
});

it.each([
  ['is shut down', () => server.shutDown()],
  ['is killed', () => server.kill()],
])('when PostgreSQL %s under load and comes back, no purchase that was acknowledged is lost', async (_, goAway) => {
  const buyers = sendBuyers(url, count);
  onTestFinished(() => buyers.stop());
  await acknowledged(buyers, 30);
  await goAway();
  await until('the shop says that it is not well', async () => (await get(url, '/health')).status === 503);
  await until('every buyer was put off', async () => buyers.postponed() > 10);
  expect((await get(url, '/health')).body).toBe('Unhealthy');
  for (const request of everyKindOfRequest()) expect(await send(url, request)).toSatisfy(saysComeBack);

  await server.start();
  await acknowledged(buyers, buyers.acknowledged.length + 30);
  await buyers.stop();
  expect(buyers.strange).toEqual([]);
  // Each may have lost an answer on each connection that it used, and not more.
  expect(buyers.undecided()).toBeLessThanOrEqual(5 * count);
  expect(await get(url, '/health')).toMatchObject({ status: 200, body: 'Healthy' });
  expect(await missingSales(buyers)).toEqual([]);
  expect((await auditSeats({ db: createDatabase(pool) })).findings).toEqual([]);
  await until('the shop listens again', async () => (await listeningSessions()) > 0);
  expect(await listeningSessions()).toBe(1);
  expect(await seatsOnceThere(url, await announce(url))).toHaveLength(20);
});

it('a shop whose database is away stops all the same', async () => {
  await server.shutDown();
  expect(await shop.end('SIGTERM')).toBe(0);
});

function acknowledged(buyers: Buyers, count: number): Promise<true> {
  return until(`${count} purchases were acknowledged (${buyers.strange})`, async () => {
    return buyers.acknowledged.length >= count && true;
  });
}

function everyKindOfRequest() {
  const [id, selection] = [randomUUID(), { userId: randomUUID(), ticketIds: [randomUUID()] }];
  return [
    outgoing('GET', '/events'),
    outgoing('GET', `/events/${id}`),
    outgoing('POST', '/events', anEvent()),
    outgoing('PUT', `/events/${id}`, anEvent()),
    outgoing('GET', `/events/${id}/tickets`),
    outgoing('POST', `/events/${id}/tickets/reserve`, selection),
    outgoing('POST', `/events/${id}/tickets/purchase`, selection),
    outgoing('GET', '/users'),
    outgoing('GET', `/users/${id}`),
    outgoing('POST', '/users', aCustomer()),
    outgoing('PUT', `/users/${id}`, aCustomer()),
  ];
}

async function missingSales({ acknowledged }: Buyers) {
  const { rows } = await pool.query('select id, owner_id from tickets.seats where owner_id is not null');
  const owners = new Map(rows.map(({ id, owner_id }) => [id, owner_id]));
  return acknowledged.filter(({ seatId, ownerId }) => owners.get(seatId) !== ownerId);
}

async function listeningSessions(): Promise<number> {
  const { rows } = await pool.query(`select from pg_stat_activity
    where application_name = 'ticketbuddy-listen' and datname = current_database()`);
  return rows.length;
}
