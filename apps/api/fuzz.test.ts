import { randomUUID } from 'node:crypto';
import { METHODS } from 'node:http';
import type { Route } from '@ticketbuddy/http';
import { createDatabase } from '@ticketbuddy/postgres';
import { systemClock } from '@ticketbuddy/runtime';
import { auditSeats } from '@ticketbuddy/tickets';
import fc, { type Arbitrary } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyModule } from './modules.ts';
import { brokenMembers, damagedBytes, hugeBodies, objectText, validMembers } from './test-bodies.ts';
import { breach, isFailure } from './test-contract.ts';
import { announce, register, seatsOnceThere } from './test-sale.ts';
import { type Answer, get, type Outgoing, send } from './test-send.ts';
import { startTestShop, type TestShop } from './test-shop.ts';

// Without a database: only what the routes say of themselves is used.
const routes = everyModule.flatMap((module) => module.routes({ db: createDatabase({} as never), clock: systemClock }));
const withBody = routes.filter(({ request }) => request !== undefined);
const named = (chosen: readonly Route[]) => chosen.map((route) => [`${route.method} ${route.path}`, route] as const);
const json = { 'content-type': 'application/json' };
const bounds = { numRuns: 80, interruptAfterTimeLimit: 1_000 };
const statuses = new Map<Route, Set<number>>();

let shop: TestShop;
let before: string;
/** Ids of an event, of a user and of seats of that event; filled before the first test. */
const known: string[] = [];

beforeAll(async () => {
  shop = await startTestShop('one process');
  const [eventId, userId] = [await announce(shop.url), await register(shop.url)];
  known.push(eventId, userId, ...(await seatsOnceThere(shop.url, eventId)).map(({ Id }) => Id));
  before = await changesSoFar();
});
afterAll(() => shop?.stop());

it('every route is here to be fuzzed', () => {
  expect(routes.length).toBeGreaterThan(10);
  expect(withBody.length).toBeGreaterThan(5);
});

describe.each(named(withBody))('%s', (_, route) => {
  const valid = members(route);

  it('understands every body that its schema allows', async () => {
    const requests = fc.tuple(path(route), valid).map(([at, body]) => request(route, at, objectText(body)));
    await fc.assert(
      fc.asyncProperty(requests, async (outgoing) => {
        const answer = await answered(route, outgoing);
        expect(answer.status < 300 || isFailure(answer) || answer.body).toBe(true);
      }),
      bounds,
    );
    expect([...(statuses.get(route) ?? [])]).toContainEqual(expect.toSatisfy((status: number) => status < 300));
  });

  it('refuses what is no such body, and changes nothing', async () => {
    const text = brokenMembers(valid).map(objectText);
    const bodies = fc.oneof(
      { weight: 3, arbitrary: text.map((whole) => Buffer.from(whole)) },
      { weight: 1, arbitrary: damagedBytes(text) },
    );
    const requests = fc.tuple(path(route), bodies).map(([at, body]) => request(route, at, body));
    await fc.assert(
      fc.asyncProperty(requests, async (outgoing) => void (await answered(route, outgoing))),
      bounds,
    );
    expect(statuses.get(route)).toContain(400);
  });

  it('refuses what is not declared as JSON, and changes nothing', async () => {
    const requests = fc
      .tuple(path(route), valid, headers)
      .map(([at, body, odd]) => request(route, at, objectText(body), odd));
    await fc.assert(
      fc.asyncProperty(requests, async (outgoing) => void (await answered(route, outgoing))),
      { ...bounds, numRuns: 30 },
    );
    expect(statuses.get(route)).toContain(415);
  });

  it.each(hugeBodies(route.request ?? {}))('bears %s', async (_name, body, expected) => {
    const [, eventId = ''] = known;
    const at = route.path.replaceAll(/:\w+/g, eventId);
    for (const framing of [{}, { 'transfer-encoding': 'chunked' }]) {
      expect(expected).toContain((await answered(route, request(route, at, body, { ...json, ...framing }))).status);
    }
  });
});

describe.each(named(routes))('%s', (_, route) => {
  it('answers paths that are nearly its own', async () => {
    const requests = oddPath(route).map((at) => request(route, at, route.request && '{}'));
    await fc.assert(
      fc.asyncProperty(requests, async (outgoing) => void (await answered(route, outgoing))),
      bounds,
    );
  });
});

it('every path is answered whatever the method', async () => {
  const methods = fc.constantFrom(...METHODS.filter((method) => method !== 'CONNECT'));
  const requests = fc
    .tuple(methods, fc.constantFrom(...routes).chain(path), fc.option(fc.string()))
    .map(([method, at, body]) => {
      return { method, path: at, headers: json, body: body ?? undefined };
    });
  await fc.assert(
    fc.asyncProperty(requests, async (outgoing) => {
      const answer = await send(shop.url, outgoing);
      expect(
        breach(
          answer,
          routes.find(({ method, path }) => method === outgoing.method && path === outgoing.path),
        ),
      ).toBeUndefined();
    }),
    bounds,
  );
});

it('after all that the shop is well, and its seats are what its ledger says', async () => {
  expect((await get(shop.url, '/health')).body).toBe('Healthy');
  expect((await auditSeats({ db: createDatabase(shop.database.pool) })).findings).toEqual([]);
});

/** The answer, which the contract must allow; one that refuses must not have changed anything. */
async function answered(route: Route, outgoing: Outgoing): Promise<Answer> {
  const answer = await send(shop.url, outgoing);
  statuses.set(route, (statuses.get(route) ?? new Set()).add(answer.status));
  expect(breach(answer, route)).toBeUndefined();
  const after = await changesSoFar();
  if (answer.status >= 400 || route.method === 'GET') expect(after).toBe(before);
  before = after;
  return answer;
}

// What follows an event by message is left out, since it comes in its own time.
async function changesSoFar(): Promise<string> {
  const { rows } = await shop.database.pool.query(`
    select (select array[count(*), sum(version)] from events.events) as events,
      (select array[count(*), sum(version)] from users.users) as users,
      (select count(*) from events.outbox) + (select count(*) from users.outbox) as messages,
      (select max(position) from tickets.ledger where kind in ('held', 'sold')) as sales`);
  return JSON.stringify(rows[0]);
}

function request(
  { method }: Route,
  path: string,
  body: Outgoing['body'],
  headers: Outgoing['headers'] = json,
): Outgoing {
  return { method, path, headers: body === undefined ? {} : headers, body };
}

// Late, because the ids are known only once the shop runs.
function members(route: Route) {
  return fc.constant(undefined).chain(() => validMembers(route.request ?? {}, known));
}

function path(route: Route): Arbitrary<string> {
  return fc.constant(undefined).chain(() => {
    const own = route.path.startsWith('/users') ? known[1] : known[0];
    const id = fc.oneof({ weight: 5, arbitrary: fc.constant(own ?? '') }, { weight: 1, arbitrary: fc.uuid() });
    return fc.tuple(id, fc.uuid()).map(([first, second]) => route.path.replace(/:\w+/, first).replace(/:\w+/, second));
  });
}

const noId = fc.oneof(
  fc.constantFrom(
    '1',
    '-1',
    'null',
    '%00',
    '%',
    '%zz',
    '%ff',
    '%ED%A0%80',
    '%2F',
    '..',
    '.',
    '*',
    ':id',
    '{}',
    '%7B%7D',
  ),
  fc.constantFrom(
    randomUUID().slice(1),
    `${randomUUID()}0`,
    `{${randomUUID()}`,
    randomUUID().replace('-', ''),
    'x'.repeat(5_000),
  ),
  fc.webSegment().filter((segment) => segment !== ''),
);

function oddPath(route: Route): Arbitrary<string> {
  const withOddId = noId.map((id) => route.path.replaceAll(/:\w+/g, id));
  return fc.oneof(
    { weight: 3, arbitrary: route.path.includes(':') ? withOddId : path(route).map((at) => `${at}/tickets`) },
    { weight: 1, arbitrary: path(route).map((at) => at.toUpperCase()) },
    { weight: 1, arbitrary: path(route).map((at) => `/${at}//`) },
    { weight: 1, arbitrary: fc.tuple(path(route), fc.webQueryParameters()).map(([at, query]) => `${at}/?${query}`) },
    { weight: 1, arbitrary: fc.webPath().map((at) => at || '/') },
  );
}

const headers: Arbitrary<Record<string, string>> = fc
  .oneof(
    fc.constantFrom(
      '',
      'text/plain',
      'application/xml',
      'application/jsonp',
      'application/x-www-form-urlencoded',
      '*/*',
      ';',
      ',',
    ),
    fc.constantFrom(
      'multipart/form-data; boundary=x',
      'application/json; charset=utf-16',
      'application/json; charset=',
      'x'.repeat(9_000),
    ),
    fc.string({ unit: fc.constantFrom(...'aj/+;=" ,*') }),
  )
  .map((type) => ({ 'content-type': type }));
