import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isWrite, type Recording, recordHistory } from './history.ts';
import { send } from './test-send.ts';

describe('a request', () => {
  it('that was not answered may have been carried out', async () => {
    const history = await historyAgainst((_, respond) => respond(undefined));
    expect(new Set(history.entries.map(({ outcome, status }) => `${outcome} ${status}`))).toEqual(
      new Set(['unknown undefined']),
    );
  });

  it.each([
    [201, {}, 'acknowledged'],
    [400, {}, 'refused'],
    [500, {}, 'unknown'],
    [502, {}, 'unknown'],
    [503, {}, 'unknown'],
    [503, { 'retry-after': '1' }, 'failed'],
  ])('answered with %i and %o is %s', async (status, headers, outcome) => {
    const history = await historyAgainst((_, respond) => respond(status, headers));
    const outcomes = history.entries.filter(isWrite).map((write) => write.outcome);
    expect(new Set(outcomes)).toEqual(new Set([outcome]));
  });

  it('is given up after its time, and sent while others wait', async () => {
    const url = await aServer(() => undefined);
    const history = recordHistory('Show s1');
    await send({ urls: [url], seed: 1, history, timeoutMs: 200, ratePerSecond: 500 }, 50);
    expect(history.entries.every(({ outcome }) => outcome === 'unknown')).toBe(true);
    const firstAnswerAt = Math.min(...history.entries.map(({ answeredAt }) => answeredAt));
    expect(history.entries.filter(({ sentAt }) => sentAt < firstAnswerAt).length).toBeGreaterThan(1);
  });

  it('that finds no event has its answer: that there is nothing', async () => {
    const id = '"00000000-0000-4000-8000-000000000001"';
    const url = await aServer((path, respond) => (path === '/events' ? respond(201, {}, id) : respond(404)));
    const history = recordHistory('Show s1');
    await send({ urls: [url], seed: 1, history }, 10, ({ kind }) => kind === 'read');
    const reads = history.entries.filter(({ kind }) => kind === 'read');
    expect(reads).toEqual(reads.map((read) => ({ ...read, outcome: 'acknowledged', shown: undefined })));
  });

  it('is waited for when the traffic stops', async () => {
    let asked = 0;
    const url = await aServer(() => {
      asked += 1;
    });
    const history = recordHistory('Show s1');
    await send({ urls: [url], seed: 1, history, timeoutMs: 200, ratePerSecond: 500 }, 20);
    expect(history.entries.length).toBeGreaterThanOrEqual(asked);
  });

  it('that waits for the limit of requests in flight is late, and counted', async () => {
    const url = await aServer(() => undefined);
    const history = recordHistory('Show s1');
    const limits = { inFlightMax: 5, timeoutMs: 100 };
    const capped = await send({ urls: [url], seed: 1, history, ratePerSecond: 500, ...limits }, 30);
    expect(capped).toBeGreaterThan(10);
    expect(history.entries.some(({ sentAt, intendedAt }) => sentAt - intendedAt > limits.timeoutMs)).toBe(true);
  });

  it('stands in the file with its answer', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ticketbuddy-history-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const url = await aServer((_, respond) => respond(400));
    const history = recordHistory('Show s1', join(folder, 'history.jsonl'));
    await send({ urls: [url], seed: 1, history }, 10);
    await history.close();
    const lines = (await readFile(join(folder, 'history.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(history.entries)));
  });
});

type Respond = (status: number | undefined, headers?: Readonly<Record<string, string>>, body?: string) => void;

async function historyAgainst(answer: (path: string, respond: Respond) => void): Promise<Recording> {
  const history = recordHistory('Show s1');
  await send({ urls: [await aServer(answer)], seed: 1, history }, 20);
  return history;
}

/** Answers as told; no status: it breaks the connection off. */
async function aServer(answer: (path: string, respond: Respond) => void): Promise<string> {
  const server = createServer((request, response) => {
    answer(request.url ?? '', (status, headers = {}, body = '') => {
      if (status === undefined) request.socket.destroy();
      else response.writeHead(status, headers).end(body);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await once(server.close(), 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
