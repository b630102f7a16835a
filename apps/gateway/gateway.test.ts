import { randomBytes, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { until } from '@ticketbuddy/testing';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startGateway } from './gateway.ts';
import { ask, type Counter, gatewayTo, openCounter } from './test-gateway.ts';
import { anEdge, aServer, mirror, moveEvents, twoOwners } from './test-owners.ts';

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter.close());

describe('while events change hands again and again', () => {
  test.each([1, 3])(
    'no write fails or is lost or done twice, through %i gateways',
    { timeout: 60_000 },
    async (gateways) => {
      const { databases, urls } = await twoOwners({ gateways });
      const [acknowledged, statuses]: [string[], Set<number>] = [[], new Set()];
      let isOver = false;
      const client = async (nth: number) => {
        while (!isOver) {
          const id = randomUUID();
          const { statusCode, body } = await request(`${urls[nth % urls.length]}/events`, { method: 'POST', body: id });
          await body.dump();
          statuses.add(statusCode);
          if (statusCode === 201) acknowledged.push(id);
        }
      };
      const clients = Array.from({ length: 12 }, (_, nth) => client(nth));
      for (let move = 0; move < 20; move++) {
        const told = acknowledged.length;
        expect(await moveEvents(databases, move % 2 === 0 ? 'legacy' : 'next', move + 1)).toBe('done');
        await expect.poll(() => acknowledged.length, { timeout: 10_000, interval: 2 }).toBeGreaterThan(told + 20);
      }
      isOver = true;
      await Promise.all(clients);
      const kept = await Promise.all(
        Object.values(databases).map(async (pool) =>
          (await pool.query('select id from public.told')).rows.map(({ id }) => id),
        ),
      );
      expect([...statuses]).toEqual([201]);
      expect(kept.flat().sort()).toEqual(acknowledged.sort());
      expect(Math.min(...kept.map(({ length }) => length))).toBeGreaterThan(200);
    },
  );
});

test('reads are answered by the owner, and go on while nobody owns the unit', async () => {
  const { databases, urls, edges } = await twoOwners();
  const reader = async () => (await request(`${urls[0]}/events`)).headers['x-side'];
  expect(await reader()).toBe('legacy');
  await databases.next.query(`update ticketbuddy_migration.fences set owner = 'moving'`);
  await edges[0]?.refresh();
  expect(await reader()).toBe('legacy');
  await databases.next.query(`update ticketbuddy_migration.fences set owner = 'next', epoch = 2`);
  await edges[0]?.refresh();
  expect(await reader()).toBe('next');
});

test('a write with an old epoch is refused by the database, and the next one goes to the new owner', async () => {
  const { databases, urls } = await twoOwners();
  await databases.legacy.query(`update ticketbuddy_migration.fences set owner = 'next', epoch = 2`);
  const write = async () => (await request(`${urls[0]}/events`, { method: 'POST', body: randomUUID() })).statusCode;
  const first = await write();
  await databases.next.query(`update ticketbuddy_migration.fences set owner = 'next', epoch = 2`);
  expect([first, await write(), await write()]).toEqual([500, 500, 201]);
});

describe('a request and its answer', () => {
  test.each([
    ['PATCH', 5_000_000],
    ['PATCH', 5_000],
    ['GET', 5_000_000],
  ])('pass as they are, but for what is about the connection: %s of %i bytes', async (method, bytes) => {
    const { url } = await gatewayTo(await aServer(mirror), counter);
    const body = randomBytes(bytes);
    const headers = { 'X-Twice': ['one', 'two'], Connection: 'keep-alive', Cookie: 'c=3' };
    const answer = await request(`${url}/other/%7Bpath%7D?q=%20`, {
      method,
      body,
      headers,
      responseHeaders: 'raw',
    } as never);
    const raw = (answer.headers as unknown as Buffer[]).map(String);
    const named = (name: string) => raw.filter((_, nth) => nth % 2 === 1 && raw[nth - 1] === name);
    expect([answer.statusCode, named('X-Method'), named('X-Path')]).toEqual([
      203,
      [method],
      ['/other/%7Bpath%7D?q=%20'],
    ]);
    expect([named('Set-Cookie'), named('X-Private')]).toEqual([['a=1', 'b=2'], []]);
    expect(named('X-Headers')[0]).toMatch(/X-Twice\|one\|X-Twice\|two\|Cookie\|c=3/);
    expect(Buffer.from(await answer.body.arrayBuffer()).equals(body)).toBe(true);
  });

  test('tell the owner the epoch of a write instead of what the client says of it, and all else that he says', async () => {
    const { url } = await gatewayTo(await aServer(mirror), counter);
    const write = async (headers: Record<string, string>) => {
      const answer = await request(`${url}/events`, { method: 'POST', headers });
      await answer.body.dump();
      return `${answer.headers['x-headers']}`;
    };
    const told = /ticketbuddy-epoch\|(\d+)/;
    const [, epoch = ''] = told.exec(await write({})) ?? [];
    const heard = await write({
      'Ticketbuddy-Epoch': '99',
      [epoch]: 'named as the epoch',
      constructor: 'is no name of ours',
    });
    expect([told.exec(heard)?.[1], heard.includes('99')]).toEqual([epoch, false]);
    expect(heard).toContain(`${epoch}|named as the epoch`);
    expect(heard).toContain('constructor|is no name of ours');
  });

  test.each([0, 1, 5_000, 8_192, 8_193])('of %i bytes, which its headers say, pass byte by byte', async (bytes) => {
    const body = randomBytes(bytes);
    const owner = await aServer((_, response) => response.writeHead(200, { 'content-length': bytes }).end(body));
    const { url } = await gatewayTo(owner, counter);
    const answer = await request(`${url}/other`);
    expect(answer.headers['content-length']).toBe(`${bytes}`);
    expect(Buffer.from(await answer.body.arrayBuffer()).equals(body)).toBe(true);
  });

  test('are refused with 503 when nothing was sent', async () => {
    const { url } = await gatewayTo('http://127.0.0.1:1', counter);
    const { statusCode, headers, body } = await request(`${url}/other`, { method: 'POST', body: 'x' });
    expect([statusCode, headers['retry-after'], await body.text()]).toEqual([503, '1', failure]);
  });

  test('are not sent again when the owner may have done it: 502', async () => {
    let asked = 0;
    const { url } = await gatewayTo(
      await aServer((incoming) => {
        asked += 1;
        incoming.socket.destroy();
      }),
      counter,
    );
    const { statusCode, headers, body } = await request(`${url}/other`, { method: 'POST', body: 'x' });
    expect([statusCode, headers['retry-after'], await body.text(), asked]).toEqual([502, undefined, failure, 1]);
  });

  test('end for the client, too, when the owner breaks off', async () => {
    const { url } = await gatewayTo(
      await aServer((_, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half', () => response.destroy());
      }),
      counter,
    );
    const { body } = await request(`${url}/other`);
    await expect(body.text()).rejects.toThrow();
  });
});

test('a write that waits too long is refused with 503, and was not sent', async () => {
  const { databases, urls, nextUrl } = await twoOwners();
  await databases.next.query(`insert into ticketbuddy_migration.holds (unit, since) values ('events', now())`);
  const edge = await anEdge(nextUrl, databases.next, 'impatient', 100);
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    urls: { legacy: urls[0] ?? '', next: urls[0] ?? '' },
    edge,
    units: ['events'],
  });
  onTestFinished(() => gateway.stop());
  const { statusCode, headers } = await request(`${gateway.url}/events`, { method: 'POST', body: randomUUID() });
  expect([statusCode, headers['retry-after']]).toEqual([503, '1']);
  expect((await databases.legacy.query('select from public.told')).rowCount).toBe(0);
});

test('whoever compares reads hears whether a client waits for an answer to begin', async () => {
  let isIdle = () => false;
  const heed = (told: () => boolean) => {
    isIdle = told;
  };
  const shadows = { heed, observe: () => undefined, gauges: async () => [], stop: async () => undefined };
  const asked: ServerResponse[] = [];
  const owner = await aServer((_request, response) => void asked.push(response));
  const { url } = await gatewayTo(owner, { ...counter, shadows });
  expect(isIdle()).toBe(true);
  const client = ask(url, 'GET', '');
  await until('the owner is asked', async () => asked.length === 1);
  expect(isIdle()).toBe(false);
  asked[0]?.write('half');
  await until('the answer has begun', async () => isIdle());
  asked[0]?.end(' and the rest');
  expect(await client.answer).toEqual([200, undefined, 'half and the rest']);
});

const failure = '{"Message":"An unexpected error occurred.","Errors":[]}';
