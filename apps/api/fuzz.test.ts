import { randomUUID } from 'node:crypto';
import { METHODS } from 'node:http';
import type { Route } from '@ticketbuddy/http';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { systemClock } from '@ticketbuddy/runtime';
import { auditSeats } from '@ticketbuddy/tickets';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyModule } from './modules.ts';
import {
  brokenMembers,
  damagedBytes,
  hugeBodies,
  objectText,
  oddObjects,
  samplesOf,
  validMembers,
} from './test-bodies.ts';
import { breach, isRefusal } from './test-contract.ts';
import { fuzz, type Known, knownPath, oddPath, oddTypes, ownPath } from './test-requests.ts';
import { anEvent, announce, register, seatsOnceThere } from './test-sale.ts';
import { type Answer, get, type Outgoing, post, send } from './test-send.ts';
import { startTestShop, type TestShop } from './test-shop.ts';

// Without a database: only what the routes say of themselves is used.
const routes = everyModule.flatMap((module) => module.routes({ db: createDatabase({} as never), clock: systemClock }));
const named = (chosen: readonly Route[]) => chosen.map((route) => [`${route.method} ${route.path}`, route] as const);
const withBody = routes.filter(({ request }) => request !== undefined);
const withoutBody = routes.filter(({ request }) => request === undefined);
const json = { 'content-type': 'application/json' };

let shop: TestShop;
let known: Known;
let changesBefore: string;
const statuses = new Map<Route, Set<number>>();

beforeAll(async () => {
  shop = await startTestShop('one process');
  const [eventId, userId] = [await announce(shop.url), await register(shop.url)];
  const seatIds = (await seatsOnceThere(shop.url, eventId)).map(({ Id }) => Id);
  known = { eventId, userId, seatIds, v2: await somethingToSell() };
  changesBefore = await changesSoFar();
});
afterAll(() => shop?.stop());

it('every route is here to be fuzzed', () => {
  expect(routes.length).toBeGreaterThan(10);
  expect(withBody.length).toBeGreaterThan(5);
});

describe.each(named(withBody))('%s', (_, route) => {
  const seen = () => [...(statuses.get(route) ?? [])];

  it('understands every body that its schema allows', async () => {
    const requests = fc
      .tuple(ownPath(route, known), members(route))
      .map(([path, body]) => ask(route, path, objectText(body)));
    await fuzz(requests, async (request) => {
      const answer = await answered(route, request);
      if (answer.status >= 300 && !isRefusal(answer)) throw new Error(`the body was not understood: ${answer.body}`);
    });
    expect(seen().some((status) => status < 300)).toBe(true);
  });

  it('bears every odd value in every place', async () => {
    const valid = samplesOf(route.request ?? {}, knownIds()).flatMap(oddObjects);
    const path = knownPath(route, known);
    const answers = await Promise.all(valid.map((body) => send(shop.url, ask(route, path, objectText(body)))));
    const breaches = answers.map((answer, nth) => [breach(answer, route), objectText(valid[nth] ?? [])]);
    expect(breaches.filter(([found]) => found !== undefined)).toEqual([]);
    changesBefore = await changesSoFar();
  });

  it('refuses what is no such body, and changes nothing', async () => {
    const broken = brokenMembers(members(route)).map(objectText);
    const bodies = fc.oneof({ weight: 3, arbitrary: broken.map((text) => Buffer.from(text)) }, damagedBytes(broken));
    const requests = fc.tuple(ownPath(route, known), bodies).map(([path, body]) => ask(route, path, body));
    await fuzz(requests, async (request) => void (await answered(route, request)), 120);
    expect(seen()).toContain(400);
  });

  it('refuses what is not declared as JSON, and changes nothing', async () => {
    const requests = fc
      .tuple(ownPath(route, known), members(route), oddTypes)
      .map(([path, body, type]) => ask(route, path, objectText(body), { 'content-type': type }));
    await fuzz(requests, async (request) => void (await answered(route, request)), 30);
    expect(seen()).toContain(415);
  });

  it.each(hugeBodies(route.request ?? {}))('bears %s', async (_name, body, expected) => {
    const path = knownPath(route, known);
    for (const framing of [{}, { 'transfer-encoding': 'chunked' }]) {
      const answer = await answered(route, ask(route, path, body, { ...json, ...framing }));
      expect(answer.status).toBe(expected);
    }
  });
});

it.each(named(withoutBody))('%s answers what it says', async (_, route) => {
  const requests = ownPath(route, known).map((path) => ask(route, path, undefined));
  await fuzz(requests, async (request) => void (await answered(route, request)), 40);
  expect(Math.min(...(statuses.get(route) ?? []))).toBeLessThan(300);
});

it.each(named(routes))('%s is not mistaken for paths that are nearly its own', async (_, route) => {
  const requests = oddPath(route, known).map((path) => ask(route, path, route.request && '{}'));
  await fuzz(requests, async (request) => void (await answered(route, request)), 40);
});

it('every path is answered whatever the method', async () => {
  const methods = fc.constantFrom(...METHODS.filter((method) => method !== 'CONNECT' && method !== 'HEAD'));
  const paths = fc.constantFrom(...routes).chain((route) => ownPath(route, known));
  const requests = fc
    .record({ method: methods, path: paths, body: fc.option(fc.string(), { nil: undefined }) })
    .map((request) => ({ ...request, headers: json }));
  await fuzz(requests, async (request) => expect(breach(await send(shop.url, request))).toBeUndefined(), 200);
});

it('after all that the shop is well, and its seats are what its ledger says', async () => {
  expect((await get(shop.url, '/health')).body).toBe('Healthy');
  expect((await auditSeats({ db: createDatabase(shop.database.pool) })).findings).toEqual([]);
});

/** An event with many seats, and a hold and an order of somebody whom nobody else is taken for. */
async function somethingToSell(): Promise<Known['v2']> {
  const eventId = await announce(shop.url, anEvent({ Venue: 'StadiumOfTheNorth' }));
  const [seats, userId] = [await seatsOnceThere(shop.url, eventId), randomUUID()];
  const numbers = seats.slice(-2).map(({ SeatNumber }) => SeatNumber);
  const [holds, purchases] = [`/v2/events/${eventId}/holds`, `/v2/events/${eventId}/purchases`];
  const { holdId } = JSON.parse((await post(shop.url, holds, { userId, seats: numbers.slice(0, 1) })).body);
  const { order } = JSON.parse((await post(shop.url, purchases, { userId, seats: numbers.slice(1) })).body);
  return { eventId, holdId, orderId: order.id };
}

function members(route: Route) {
  return validMembers(route.request ?? {}, knownIds());
}

function knownIds(): readonly string[] {
  return [known.eventId, known.userId, ...known.seatIds, known.v2.holdId];
}

function ask({ method }: Route, path: string, body: Outgoing['body'], headers: Outgoing['headers'] = json): Outgoing {
  return { method, path, headers: body === undefined ? {} : headers, body };
}

/** The answer, which the contract must allow; one that refuses must not have changed anything. */
async function answered(route: Route, request: Outgoing): Promise<Answer> {
  const answer = await send(shop.url, request);
  statuses.set(route, (statuses.get(route) ?? new Set()).add(answer.status));
  expect(breach(answer, route)).toBeUndefined();
  const changes = await changesSoFar();
  if (answer.status >= 400 || route.method === 'GET') expect(changes).toBe(changesBefore);
  changesBefore = changes;
  return answer;
}

// What follows an event by message is left out, since it comes in its own time.
async function changesSoFar(): Promise<string> {
  const { rows } = await shop.database.pool.query(`
    select (select array[count(*), sum(version)] from events.events) as events,
      (select array[count(*), sum(version)] from users.users) as users,
      (select count(*) from events.outbox) + (select count(*) from users.outbox) as messages,
      (select count(*) from tickets.ledger where kind not in ('created', 'priced')) as sales,
      (select count(*) from tickets.orders) as orders`);
  return JSON.stringify(rows[0]);
}
