import { once } from 'node:events';
import { expect, test } from 'vitest';
import { type EventStream, eventStreamType } from './event-stream.ts';
import { route } from './route.ts';
import { open, startServer } from './test-server.ts';

test('a stream goes on until its client leaves', async () => {
  const { port, next } = await aStreamingServer();
  const [response, { stream, ended }] = await Promise.all([open(port, '/changes'), next()]);
  expect([response.statusCode, response.headers['content-type']]).toEqual([200, eventStreamType]);
  for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
    stream.write(event);
    expect(String((await once(response, 'data'))[0])).toBe(event);
  }
  response.destroy();
  await ended;
});

test('the server stops though somebody listens, and ends that', async () => {
  const { port, next, stop } = await aStreamingServer();
  const [response, { ended }] = await Promise.all([open(port, '/changes'), next()]);
  const gone = once(response.resume(), 'close');
  await Promise.all([stop(), ended, gone]);
});

test('a client that does not take what it is sent loses its stream, and does not keep the server from stopping', async () => {
  const { port, next, stop } = await aStreamingServer();
  const [slow, { stream, ended }] = await Promise.all([open(port, '/changes'), next()]);
  slow.pause();
  slow.on('error', () => undefined);
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  const piece = Buffer.alloc(100_000, 'x');
  for (let pieces = 0; pieces < 1_000 && !isOver; pieces++) {
    stream.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
  await stop();
});

test('HEAD is told what it would be, and nobody listens then', async () => {
  const { port, next } = await aStreamingServer();
  let isListening = false;
  void next().then(() => {
    isListening = true;
  });
  const response = await open(port, '/changes', { method: 'HEAD' });
  expect([response.statusCode, response.headers['content-type']]).toEqual([200, eventStreamType]);
  await once(response.resume(), 'end');
  expect(isListening).toBe(false);
});

test('a page of another origin may listen', async () => {
  const { port } = await aStreamingServer();
  const response = await open(port, '/changes', { headers: { origin: 'https://tickets.example' } });
  expect(response.headers['access-control-allow-origin']).toBe('*');
  response.destroy();
});

type Opened = { readonly stream: EventStream; readonly ended: Promise<void> };

async function aStreamingServer() {
  const waiting: ((opened: Opened) => void)[] = [];
  const listening = (stream: EventStream) => {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    waiting.shift()?.({ stream, ended });
    return resolve;
  };
  const about = { summary: 'What changes', tag: 'test', useCase: 'watch', type: eventStreamType };
  const changes = route({
    ...about,
    method: 'GET',
    path: '/changes',
    answers: { 200: undefined },
    handle: async () => ({ status: 200, listening }),
  });
  const server = await startServer([changes]);
  return { ...server, next: () => new Promise<Opened>((resolve) => waiting.push(resolve)) };
}
