import { once } from 'node:events';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { systemClock } from '@ticketbuddy/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyModule } from './modules.ts';
import { breach } from './test-contract.ts';
import { aCustomer, announce, register } from './test-sale.ts';
import { get, type Outgoing, send } from './test-send.ts';
import { startTestShop, type TestShop } from './test-shop.ts';
import { dial, exchange } from './test-socket.ts';

let shop: TestShop;
let eventId: string;
let userId: string;

beforeAll(async () => {
  shop = await startTestShop('one process');
  [eventId, userId] = [await announce(shop.url), await register(shop.url)];
});
afterAll(() => shop?.stop());

describe('a page of any origin', () => {
  const origin = { origin: 'https://tickets.example' };

  it.each<[status: number, request: () => Outgoing]>([
    [200, () => ask('GET', '/events')],
    [200, () => ask('GET', `/users/${userId}`)],
    [404, () => ask('GET', `/users/${eventId}`)],
    [404, () => ask('GET', '/nowhere')],
    [404, () => ask('GET', '/events/%zz')],
    [404, () => ask('GET', `/events/${'7'.repeat(1_000)}`)],
    [405, () => ask('DELETE', '/events')],
    [400, () => ask('POST', '/users', aCustomer({ Email: 'nobody' }))],
    [400, () => ask('POST', '/users', { FullName: 1 })],
    [415, () => ({ method: 'POST', path: '/users', body: 'x' })],
    [413, () => ask('POST', '/users', aCustomer({ FullName: 'x'.repeat(1_048_576) }))],
  ])('may read an answer %i', async (status, request) => {
    const { headers, ...rest } = request();
    const [to, toNobody] = [
      await send(shop.url, { ...rest, headers: { ...headers, ...origin } }),
      await send(shop.url, request()),
    ];
    expect([to.status, to.headers['access-control-allow-origin']]).toEqual([status, '*']);
    expect([toNobody.status, toNobody.headers['access-control-allow-origin']]).toEqual([status, undefined]);
  });

  it.each(['/events', '/users/1', '/users/%zz', '/nowhere'])(
    'is granted what it asks for before a request to %s',
    async (path) => {
      const wish = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'content-type,x-mine' };
      const { status, headers, body } = await send(shop.url, {
        method: 'OPTIONS',
        path,
        headers: { ...origin, ...wish },
      });
      expect([status, body]).toEqual([204, '']);
      expect(headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'PUT',
        'access-control-allow-headers': 'content-type,x-mine',
      });
    },
  );
});

it.each([
  '/events',
  '/users',
  '/events/:id',
  '/users/:id',
  '/events/:id/tickets',
  '/events/:id/tickets/user/:id',
  '/events/7',
])('HEAD %s is GET without the body', async (pattern) => {
  const path = pattern.replaceAll(':id', pattern.startsWith('/users') ? userId : eventId);
  const [head, whole] = [await send(shop.url, { method: 'HEAD', path }), await get(shop.url, path)];
  expect([head.status, head.headers['content-type'], head.body]).toEqual([
    whole.status,
    whole.headers['content-type'],
    '',
  ]);
});

it('HEAD is refused where there is nothing to GET', async () => {
  const { status, headers } = await send(shop.url, { method: 'HEAD', path: `/events/${eventId}/tickets/reserve` });
  expect([status, headers.allow]).toEqual([405, 'POST']);
});

it.each(['/', '/health', '/metrics', '/openapi.json', '/docs', '/docs/'])('%s can be read only', async (path) => {
  for (const method of ['POST', 'PUT', 'DELETE']) {
    const { status, headers, body } = await send(shop.url, { method, path });
    expect([status, headers.allow, body]).toEqual([405, 'GET', '']);
  }
});

it('whoever opens the shop in a browser is led to the page that describes it', async () => {
  const { status, headers } = await get(shop.url, '/');
  expect([status, headers.location]).toEqual([302, '/docs']);
  expect((await get(shop.url, '/docs')).status).toBe(200);
});

describe('the description of the API', () => {
  it('is OpenAPI 3.1 and lists every route with its answers', async () => {
    const answer = await get(shop.url, '/openapi.json');
    const { openapi, paths } = JSON.parse(answer.body);
    expect([answer.headers['content-type'], openapi]).toEqual([
      expect.stringMatching(/^application\/json/),
      expect.stringMatching(/^3\.1\./),
    ]);
    const described = Object.entries<Record<string, { responses: object }>>(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { responses }]) => [`${method} ${path}`, Object.keys(responses)]),
    );
    expect(described.toSorted()).toEqual(everyRoute().toSorted());
  });

  it('has a page to read and try it', async () => {
    const page = await fetch(`${shop.url}/docs`);
    const html = await page.text();
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/html/)]);
    const [, script = ''] = /<script src="([^"]*bundle[^"]*)"/.exec(html) ?? [];
    expect((await fetch(new URL(script, page.url))).status).toBe(200);
  });
});

describe('a body over a mebibyte', () => {
  const length = 3 * 1_048_576;
  const framings = {
    'with its length': [[`content-length: ${length}`], Array(48).fill('x'.repeat(length / 48))],
    'in chunks': [
      ['transfer-encoding: chunked'],
      [...Array(48).fill(`10000\r\n${'x'.repeat(65_536)}\r\n`), '0\r\n\r\n'],
    ],
  } as const;

  it.each(['with its length', 'in chunks'] as const)(
    '%s is refused, and the client that closes after it hears so',
    async (framing) => {
      const [headers, pieces] = framings[framing];
      const answer = await exchange(shop.url, [head(['connection: close', ...headers]), ...pieces]);
      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
      expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ status: 413, title: 'Payload Too Large' });
    },
  );

  it.each(['with its length', 'in chunks'] as const)(
    '%s is refused, and the connection serves the next request',
    async (framing) => {
      const [headers, pieces] = framings[framing];
      const next = 'GET /health HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n';
      const answer = await exchange(shop.url, [head(headers), ...pieces, next]);
      expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
    },
  );

  it('is refused before it was sent', async () => {
    const socket = dial(shop.url).setEncoding('utf8');
    socket.write(head([`content-length: ${length}`]));
    const [answer] = await once(socket, 'data');
    socket.destroy();
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  function head(headers: readonly string[]): string {
    return ['POST /events HTTP/1.1', 'host: shop', 'content-type: application/json', ...headers, '', ''].join('\r\n');
  }
});

describe('a list of many pages', () => {
  const count = 1_200;

  it('of events comes whole and in order, those that start together included', async () => {
    const { rows } = await shop.database.pool.query(
      `insert into events.events (id, name, starts_at, ends_at, venue, price_pence)
       select gen_random_uuid(), 'Night ' || n, night, night + interval '3 hours', n % 10, 100
       from generate_series(1, $1) as n, lateral (select timestamptz '2040-01-01T19:00Z' + n / 10 * interval '1 day') as d (night)
       returning id`,
      [count],
    );
    const answer = await get(shop.url, '/events');
    const events: { Id: string; StartDate: string }[] = JSON.parse(answer.body);
    expect(breach(answer, everyModule[0]?.routes(noDeps)[0])).toBeUndefined();
    expect(events.map(({ Id }) => Id).toSorted()).toEqual([eventId, ...rows.map(({ id }) => id)].toSorted());
    expect(events.map(({ StartDate }) => StartDate)).toEqual(events.map(({ StartDate }) => StartDate).toSorted());
  });

  it('of users comes whole, also when many clients go away in the middle of it', async () => {
    const { rows } = await shop.database.pool.query(
      `insert into users.users (id, full_name, email, user_type)
       select gen_random_uuid(), repeat('a', 5000), 'jo' || n || '@example.com', 0 from generate_series(1, $1) as n
       returning id`,
      [count],
    );
    for (let client = 0; client < 30; client++) await leaveInTheMiddle('/users');
    const answer = await get(shop.url, '/users');
    const users: { Id: string }[] = JSON.parse(answer.body);
    expect(users.map(({ Id }) => Id).toSorted()).toEqual([userId, ...rows.map(({ id }) => id)].toSorted());
  });
});

const noDeps = { db: createDatabase({} as never), clock: systemClock };

function everyRoute() {
  const routes = everyModule.flatMap((module) => module.routes(noDeps));
  return routes.map(({ method, path, answers }) => [
    `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
    Object.keys(answers),
  ]);
}

function ask(method: string, path: string, body?: object): Outgoing {
  if (body === undefined) return { method, path };
  return { method, path, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function leaveInTheMiddle(path: string): Promise<void> {
  const socket = dial(shop.url);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: shop\r\n\r\n`);
  await once(socket, 'data');
  socket.destroy();
  await once(socket, 'close');
}
