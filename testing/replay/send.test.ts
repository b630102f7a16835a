import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Outgoing, send } from './send.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\nConnection: close\r\nX-Twice: a\r\nX-Twice: b\r\n\r\nbody';

describe('a request', () => {
  it.each(['//events', '/events/../users', '/events%2F1', '/%65vents?a=b', '/events/%zz'])(
    'has its path as it is: %s',
    async (path) => {
      expect((await sentBy({ method: 'GET', path, headers: {} })).split('\r\n')[0]).toBe(`GET ${path} HTTP/1.1`);
    },
  );

  it.each(['FOO', 'TRACE', 'OPTIONS', 'DELETE'])('has any verb: %s', async (method) => {
    expect((await sentBy({ method, path: '*', headers: {} })).split('\r\n')[0]).toBe(`${method} * HTTP/1.1`);
  });

  it('has no header of its own but host and connection', async () => {
    const [, ...headers] = (await sentBy({ method: 'GET', path: '/', headers: {} })).trim().split('\r\n');
    expect(headers.map((line) => line.split(':')[0]?.toLowerCase())).toEqual(['host', 'connection']);
  });

  it('has another host where the recording has one', async () => {
    expect(await sentBy({ method: 'GET', path: '/', headers: { host: 'evil.example' } })).toMatch(
      /\r\nhost: evil.example\r\n/i,
    );
  });

  it('has a body with any verb, byte by byte', async () => {
    const sent = await sentBy({ method: 'GET', path: '/', headers: {}, body: Buffer.from('\ufeffé') });
    expect(sent).toMatch(/content-length: 5\r\n/i);
    expect(sent.endsWith('\r\n\r\n\ufeffé')).toBe(true);
  });

  it('is sent in chunks where the recording has them', async () => {
    const sent = await sentBy({
      method: 'POST',
      path: '/',
      headers: { 'transfer-encoding': 'chunked' },
      body: Buffer.from('abc'),
    });
    expect(sent).toMatch(/\r\n3\r\nabc\r\n0\r\n/);
    expect(sent).not.toMatch(/content-length/i);
  });

  it('waits with its body for the server that it asked to', async () => {
    const url = await listen((socket) => {
      socket.once('data', (head) => {
        expect(head.toString()).not.toContain('abc');
        socket.once('data', () => socket.end(ANSWER));
        socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      });
    });
    const headers = { expect: '100-continue' };
    await expect(send(url, { method: 'POST', path: '/', headers, body: Buffer.from('abc') })).resolves.toMatchObject({
      status: 200,
    });
  });
});

describe('an answer', () => {
  it('has a header that came twice as one with both values', async () => {
    const url = await listen((socket) => socket.end(ANSWER));
    expect(await send(url, { method: 'GET', path: '/', headers: {} })).toEqual({
      status: 200,
      headers: { connection: 'close', 'x-twice': 'a, b' },
      body: 'body',
    });
  });

  it.each([0, 100_000, 300_000, 1_000_000])(
    'counts although 30 MB were still to come when the server closed: after %i bytes',
    async (bytes) => {
      const url = await listen((socket) => {
        let read = 0;
        socket.on('data', (piece) => {
          read += piece.length;
          if (read < bytes) return;
          socket.write('HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig');
          socket.destroySoon();
        });
      });
      const answer = await send(url, { method: 'POST', path: '/', headers: {}, body: Buffer.alloc(30_000_000, 'a') });
      expect(answer).toMatchObject({ status: 413, body: 'big' });
    },
  );

  it('counts as far as it came when the connection breaks in the middle of it', async () => {
    const url = await listen((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'));
    expect(await send(url, { method: 'GET', path: '/', headers: {} })).toMatchObject({ status: 200, body: 'half' });
  });

  it('is missed when there is none', async () => {
    const url = await listen((socket) => socket.destroy());
    await expect(send(url, { method: 'GET', path: '/', headers: {} })).rejects.toThrow();
  });
});

/** What arrives at a server, up to the end of the request. */
async function sentBy(outgoing: Outgoing): Promise<string> {
  let sent = '';
  const url = await listen((socket) => {
    socket.on('data', (piece) => {
      sent += piece;
      const isWhole = outgoing.headers['transfer-encoding']
        ? sent.endsWith('0\r\n\r\n')
        : sent.endsWith(`\r\n\r\n${outgoing.body ?? ''}`);
      if (isWhole) socket.end(ANSWER);
    });
  });
  await send(url, outgoing);
  return sent;
}

async function listen(whenConnected: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    whenConnected(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
