import { once } from 'node:events';
import { type IncomingMessage, request as open, type ServerResponse } from 'node:http';
import { until } from '@ticketbuddy/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, type Counter, gatewayTo, gaugeOf, openCounter } from './test-gateway.ts';
import { aServer } from './test-owners.ts';

const failure = '{"Message":"An unexpected error occurred.","Errors":[]}';
const notSent = [503, '1', failure] as const;

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter.close());

/** An owner who answers when he is told to, and remembers what he was asked. */
async function anOwner() {
  const asked: { request: IncomingMessage; response: ServerResponse }[] = [];
  const url = await aServer((request, response) => {
    request.resume();
    asked.push({ request, response });
  });
  return { url, asked, answerAll: () => asked.forEach(({ response }) => void response.end('done')) };
}

describe('an owner who is slow', () => {
  test('is given no more than so many at once; some more wait, and the rest are refused and not sent', async () => {
    const owner = await anOwner();
    const { url } = await gatewayTo(owner.url, { ...counter, limits: { inFlightMax: 2, queueMax: 1 } });
    const first = [ask(`${url}/other`, 'GET', ''), ask(`${url}/other`, 'POST', 'x')];
    await until('two are asked for', async () => owner.asked.length === 2);
    const waiting = [ask(`${url}/other`, 'POST', 'y'), ask(`${url}/other`, 'POST', 'z')];
    expect(await Promise.race(waiting.map(({ answer }) => answer))).toEqual(notSent);
    owner.answerAll();
    await until('the third is asked for', async () => owner.asked.length === 3);
    owner.answerAll();
    const statuses = await Promise.all([...first, ...waiting].map(async ({ answer }) => (await answer)[0]));
    expect([statuses.sort(), owner.asked.length]).toEqual([[200, 200, 200, 503], 3]);
  });

  test('is not sent what has waited too long', async () => {
    const owner = await anOwner();
    const { url } = await gatewayTo(owner.url, { ...counter, limits: { inFlightMax: 1, queueMs: 50 } });
    const first = ask(`${url}/other`, 'GET', '');
    await until('one is asked for', async () => owner.asked.length === 1);
    expect(await ask(`${url}/other`, 'POST', 'x').answer).toEqual(notSent);
    owner.answerAll();
    await first.answer;
    expect(owner.asked).toHaveLength(1);
  });

  test('is not sent what nobody waits for any more, and another may wait in its place', async () => {
    const owner = await anOwner();
    const gateway = await gatewayTo(owner.url, { ...counter, limits: { inFlightMax: 1, queueMax: 1 } });
    const waiting = (count: number) => until(`${count} wait`, async () => (await gaugeOf(gateway, 'queued')) === count);
    const first = ask(`${gateway.url}/first`, 'GET', '');
    await until('one is asked for', async () => owner.asked.length === 1);
    const leaving = ask(`${gateway.url}/leaving`, 'POST', 'x');
    await waiting(1);
    leaving.request.destroy();
    await waiting(0);
    const last = ask(`${gateway.url}/last`, 'POST', 'x');
    await waiting(1);
    owner.answerAll();
    await until('another is asked for', async () => owner.asked.length === 2);
    owner.answerAll();
    await Promise.all([first.answer, last.answer]);
    expect(owner.asked.map(({ request }) => request.url)).toEqual(['/first', '/last']);
  });

  test('is given up after a time, and a write that he may have done is not sent again', async () => {
    const owner = await anOwner();
    const { url } = await gatewayTo(owner.url, { ...counter, limits: { headersMs: 50 } });
    expect(await ask(`${url}/events`, 'POST', 'x').answer).toEqual([502, undefined, failure]);
    expect(owner.asked).toHaveLength(1);
  });

  test('in the middle of an answer ends it for the client, too', async () => {
    const owner = await aServer((_, response) => response.writeHead(200, { 'content-length': '100' }).write('half'));
    const { url } = await gatewayTo(owner, { ...counter, limits: { bodyIdleMs: 50 } });
    expect((await ask(`${url}/other`, 'GET', '').answer)[0]).toBe(0);
  });
});

describe('an owner who does not answer', () => {
  test('is left alone after some failures: reads and writes are refused, and not sent', async () => {
    let asked = 0;
    const owner = await aServer(({ socket }) => {
      asked += 1;
      socket.destroy();
    });
    const { url } = await gatewayTo(owner, { ...counter, limits: { failuresMax: 3, restMs: 60_000 } });
    for (let nth = 0; nth < 3; nth++) expect((await ask(`${url}/events`, 'POST', 'x').answer)[0]).toBe(502);
    expect(await ask(`${url}/events`, 'POST', 'x').answer).toEqual(notSent);
    expect(await ask(`${url}/events`, 'GET', '').answer).toEqual(notSent);
    expect(asked).toBe(3);
  });

  test('is tried again after a rest by one request, and then serves all', async () => {
    const asked: ServerResponse[] = [];
    let isBroken = true;
    const owner = await aServer((request, response) => {
      if (isBroken) request.socket.destroy();
      else asked.push(response);
    });
    const { url } = await gatewayTo(owner, { ...counter, limits: { failuresMax: 1, restMs: 1 } });
    await ask(`${url}/other`, 'GET', '').answer;
    isBroken = false;
    const tries: ReturnType<typeof ask>[] = [];
    // Who comes within the rest is refused.
    await until('one is asked for', async () => {
      if (asked.length === 0) tries.push(ask(`${url}/other`, 'GET', ''));
      return asked.length === 1;
    });
    expect(await ask(`${url}/other`, 'GET', '').answer).toEqual(notSent);
    asked[0]?.end();
    const tried = await Promise.all(tries.map(({ answer }) => answer));
    expect(tried.filter(([status]) => status === 200)).toHaveLength(1);
    const after = [1, 2].map(() => ask(`${url}/other`, 'GET', ''));
    await until('both are asked for', async () => asked.length === 3);
    for (const response of asked) response.end();
    expect(await Promise.all(after.map(async ({ answer }) => (await answer)[0]))).toEqual([200, 200]);
  });

  test('lets no write wait for him without an end: what cannot connect is refused and was not sent', async () => {
    const { url } = await gatewayTo('http://127.0.0.1:1', counter);
    expect(await ask(`${url}/events`, 'POST', 'x').answer).toEqual(notSent);
  });
});

test('a client who takes nothing of his answer lets its owner wait, and gets all of it when he does', async () => {
  const [part, parts] = [Buffer.alloc(1_000_000, 'x'), 40];
  let sent = 0;
  const owner = await aServer(async (request, response) => {
    if (request.url === '/ping') return void response.end();
    for (; sent < parts; sent++) if (!response.write(part)) await once(response, 'drain');
    response.end();
  });
  const { url } = await gatewayTo(owner, { ...counter, limits: { bodyIdleMs: 300_000 } });
  const asking = open(`${url}/other`, { agent: false }).end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  answer.pause();
  // The others are answered, again and again, and he has got no more.
  for (let before = -1; before !== sent; ) {
    before = sent;
    for (let nth = 0; nth < 20; nth++) await ask(`${url}/ping`, 'GET', '').answer;
  }
  expect(sent).toBeLessThan(parts);
  expect((await Array.fromAsync(answer, ({ length }: Buffer) => length)).reduce((a, b) => a + b)).toBe(40_000_000);
});

describe('a request that is too large', () => {
  const limits = { bodyBytesMax: 200_000, headerBytesMax: 4_096 };

  test.each([
    ['says so', { 'content-length': '200001' }],
    ['does not say so', { 'transfer-encoding': 'chunked' }],
  ])('and %s is refused with 413, and its owner has no part in it', async (_, headers) => {
    const whole: IncomingMessage[] = [];
    const owner = await aServer((request, response) => {
      request.on('end', () => whole.push(request)).resume();
      response.on('error', () => undefined);
    });
    const { url } = await gatewayTo(owner, { ...counter, limits });
    const { answer } = ask(`${url}/other`, 'POST', 'x'.repeat(200_001), headers);
    expect([await answer, whole]).toEqual([[413, undefined, failure], []]);
  });

  test('by one byte less passes', async () => {
    const owner = await aServer((request, response) => void request.pipe(response));
    const { url } = await gatewayTo(owner, { ...counter, limits });
    const body = 'x'.repeat(200_000);
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }] as Record<string, string>[])
      expect(await ask(`${url}/other`, 'POST', body, headers).answer).toEqual([200, undefined, body]);
  });

  test('in its headers is refused with 431', async () => {
    const { url } = await gatewayTo('http://127.0.0.1:1', { ...counter, limits });
    expect((await ask(`${url}/other`, 'GET', '', { 'x-large': 'x'.repeat(5_000) }).answer)[0]).toBe(431);
  });
});

describe('when a client leaves', () => {
  test('his read is taken back from the owner', async () => {
    const owner = await anOwner();
    const { url } = await gatewayTo(owner.url, { ...counter, limits: { headersMs: 300_000 } });
    const { request } = ask(`${url}/events`, 'GET', '');
    const { response } = await until('he is asked', async () => owner.asked[0]);
    const closed = once(response, 'close');
    request.destroy();
    await closed;
    expect(response.writableEnded).toBe(false);
  });

  test('his write goes on, and counts as under way until its owner has answered', async () => {
    const owner = await anOwner();
    const gateway = await gatewayTo(owner.url, counter);
    const { request } = ask(`${gateway.url}/events`, 'POST', 'x');
    const { response } = await until('he is asked', async () => owner.asked[0]);
    request.destroy();
    const next = ask(`${gateway.url}/events`, 'POST', 'y');
    await until('the next is asked for', async () => owner.asked.length === 2);
    expect([response.destroyed, await gaugeOf(gateway, 'in_flight')]).toEqual([false, 2]);
    const finished = once(response, 'finish');
    owner.answerAll();
    await Promise.all([finished, next.answer]);
    await until('nothing is under way', async () => (await gaugeOf(gateway, 'in_flight')) === 0);
  });

  test.each([
    ['his read is taken back in the middle of its answer', 'GET', false],
    ['the answer to his write is read to its end all the same', 'POST', true],
  ] as const)('%s', async (_, method, isRead) => {
    const owner = await anOwner();
    const gateway = await gatewayTo(owner.url, { ...counter, limits: { bodyIdleMs: 300_000 } });
    const asking = open(`${gateway.url}/events`, { method, agent: false }).end();
    asking.on('error', () => undefined);
    const { response } = await until('he is asked', async () => owner.asked[0]);
    const [closed, large] = [once(response, 'close'), Buffer.alloc(30_000_000)];
    response.write(large);
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    // Nobody takes any more of it: the gateway is in the middle of it, and waits.
    answer.pause();
    await until('the owner waits', async () => response.writableNeedDrain);
    asking.destroy();
    if (isRead) response.end(large);
    await closed;
    expect(response.writableFinished).toBe(isRead);
    await until('nothing is under way', async () => (await gaugeOf(gateway, 'in_flight')) === 0);
  });

  test('in the middle of his write, the owner gets no part for the whole', async () => {
    const whole: IncomingMessage[] = [];
    const owner = await aServer(
      (request) =>
        void request
          .on('end', () => whole.push(request))
          .on('error', () => undefined)
          .resume(),
    );
    const gateway = await gatewayTo(owner, counter);
    const { request } = ask(`${gateway.url}/events`, 'POST', undefined, { 'content-length': '100000' });
    request.write('x'.repeat(70_000));
    await until('it is under way', async () => (await gaugeOf(gateway, 'in_flight')) === 1);
    request.destroy();
    await until('nothing is under way', async () => (await gaugeOf(gateway, 'in_flight')) === 0);
    expect(whole).toEqual([]);
  });
});
