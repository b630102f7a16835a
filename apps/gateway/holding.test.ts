import { createEdgeTables, Edge, holdWrites, releaseWrites } from '@ticketbuddy/cutover';
import { createPool, PostgresNotifications } from '@ticketbuddy/postgres';
import { openLine, testDatabase, until } from '@ticketbuddy/testing';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startGateway } from './gateway.ts';
import { ask, type Counter, gatewayTo, gaugeOf, openCounter } from './test-gateway.ts';
import { aServer } from './test-owners.ts';

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter(300);
});
afterAll(() => counter.close());

const never = new AbortController().signal;

function aMove() {
  const places = { databases: { legacy: counter.pool, next: counter.pool }, conductor: counter.pool };
  const deadline = Temporal.Instant.from('2026-06-01T12:00:02Z');
  return { unit: 'events', from: 'legacy', to: 'next', epoch: 0, ...places, deadline, waitMsMax: 1_000 } as const;
}

test.each([
  { how: 'the length', headers: { 'content-length': '2' } },
  { how: 'no length', headers: { 'transfer-encoding': 'chunked' } },
])('a client who sends slowly, and says $how, does not hold up a switch', async ({ headers }) => {
  const owner = await aServer((request, response) => void request.pipe(response));
  const { url } = await gatewayTo(owner, counter);
  const { request, answer } = ask(`${url}/events`, 'POST', undefined, headers);
  request.write('a');
  await ask(`${url}/events`, 'GET', '').answer;
  await holdWrites.do(aMove(), never);
  await releaseWrites.do(aMove(), never);
  request.end('b');
  expect(await answer).toEqual([200, undefined, 'ab']);
});

test('a body of no known length comes to the owner as it was sent, however large', async () => {
  const owner = await aServer((request, response) => void request.pipe(response));
  const { url } = await gatewayTo(owner, counter);
  for (const bytes of [0, 1, 65_536, 65_537, 300_000]) {
    const sent = Array.from({ length: bytes }, (_, nth) => 'abcdefg'[nth % 7]).join('');
    const { answer } = ask(`${url}/events`, 'POST', sent, { 'transfer-encoding': 'chunked' });
    expect(await answer).toEqual([200, undefined, sent]);
  }
});

test('when the gateway stops, what runs is finished, what is held is refused, and nobody new gets in', async () => {
  let finish = () => {};
  const owner = await aServer((_, response) => {
    finish = () => void response.end('done');
  });
  const urls = { legacy: owner, next: owner };
  const gateway = await startGateway({ host: '127.0.0.1', port: 0, urls, units: ['events'], ...counter });
  const running = ask(`${gateway.url}/other`, 'POST', 'x');
  await until('it runs', async () => (await gaugeOf(gateway, 'in_flight')) === 1);
  await holdWrites.do(aMove(), never);
  const held = ask(`${gateway.url}/events`, 'POST', 'y');
  await until('it waits', async () => (await gaugeOf(gateway, 'writes_waiting')) === 1);
  const stopping = gateway.stop();
  expect((await ask(`${gateway.url}/other`, 'GET', '').answer)[0]).toBe(0);
  expect((await held.answer).slice(0, 2)).toEqual([503, '1']);
  finish();
  expect(await running.answer).toEqual([200, undefined, 'done']);
  await stopping;
  await releaseWrites.do(aMove(), never);
});

test('a stop does not wait for an owner who never answers', async () => {
  const owner = await aServer(() => undefined);
  const urls = { legacy: owner, next: owner };
  const limits = { stopMs: 100 };
  const gateway = await startGateway({ host: '127.0.0.1', port: 0, urls, units: ['events'], limits, ...counter });
  const running = ask(`${gateway.url}/other`, 'POST', 'x');
  await until('it runs', async () => (await gaugeOf(gateway, 'in_flight')) === 1);
  await gateway.stop();
  expect((await running.answer)[0]).toBe(0);
});

test('cut off from the database it lets no write through, and reads go on at the last owner', async () => {
  const { url: databaseUrl, pool } = await testDatabase(4);
  await createEdgeTables(pool);
  const line = await openLine(databaseUrl);
  const own = createPool({ url: line.url, connections: 2 });
  const notifications = new PostgresNotifications(line.url);
  const edge = new Edge({ pool: own, notifications, name: 'cut off', units: ['events'], waitMsMax: 50 });
  await notifications.start();
  await edge.start();
  onTestFinished(async () => {
    await edge.stop();
    await notifications.stop();
    await own.end();
  });
  const asked: string[] = [];
  const owner = await aServer(({ method = '' }, response) => {
    asked.push(method);
    response.end('from the owner');
  });
  const gateway = await gatewayTo(owner, { edge });
  await line.cut();
  await until('nothing is let through', async () => (await gaugeOf(gateway, 'held')) === 1);
  const refused = await ask(`${gateway.url}/events`, 'POST', 'x').answer;
  expect([refused[0], refused[1], asked]).toEqual([503, '1', []]);
  expect(await ask(`${gateway.url}/events`, 'GET', '').answer).toEqual([200, undefined, 'from the owner']);
});
