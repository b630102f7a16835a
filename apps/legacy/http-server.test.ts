import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { aLegacy, type TestLegacy } from './test-legacy.ts';

const lines = {
  'what is no HTTP': ['hello\r\n\r\n', /^HTTP\/1\.1 400 Bad Request\r\n/],
  'headers over 32 KiB': [
    `GET /events HTTP/1.1\r\nHost: a\r\nX-Big: ${'a'.repeat(40_000)}\r\n\r\n`,
    /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/,
  ],
  'an unknown verb': [
    'FOO /events/ HTTP/1.1\r\nHost: a\r\n\r\n',
    /^HTTP\/1\.1 405 Method Not Allowed\r\n(.*\r\n)*allow: GET, POST\r\n/,
  ],
  'an unknown verb on an unknown path': ['FOO /nope HTTP/1.1\r\nHost: a\r\n\r\n', /^HTTP\/1\.1 404 Not Found\r\n/],
  'HTTP/1.0': ['GET /users HTTP/1.0\r\n\r\n', /^HTTP\/1\.1 200 OK\r\n(.*\r\n)*\r\n\[\]$/],
} as const;

it('what no client library sends is answered as recorded', async () => {
  const legacy = await aLegacy({});
  for (const [what, [sent, answer]] of Object.entries(lines)) {
    expect(await overTheLine(legacy, sent), what).toMatch(answer);
  }
});

it('a client that asks for UTF-16 is answered in it', async () => {
  const legacy = await aLegacy({});
  const response = await fetch(`${legacy.url}/users`, { headers: { 'accept-charset': 'utf-16' } });
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-16');
  expect(Buffer.from(await response.arrayBuffer()).toString('utf16le')).toBe('[]');
});

async function overTheLine({ url }: TestLegacy, sent: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (piece) => {
    answer += piece;
  });
  socket.on('error', () => undefined);
  socket.write(sent);
  await once(socket, 'close');
  return answer;
}
