import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { representation } from './representation.ts';
import { route } from './route.ts';
import { open, type Sent, startServer } from './test-server.ts';

const id = '5f2d6a1e-9a3c-4a57-8a11-0c5b7d3f2e10';
const path = `/things/${id}/picture`;
const page = { origin: 'https://tickets.example' };

const cases: [what: string, sent: Sent][] = [
  ['a plain one', {}],
  ['one of a page of another origin', { headers: page }],
  ['one that takes gzip', { headers: { 'accept-encoding': 'gzip' } }],
  ['one of who has it already', { headers: { ...page, 'if-none-match': '"v1"' } }],
];

test.each(cases)('a request gets the same answer at once as the usual way: %s', async (_, sent) => {
  const [quick, usual] = [await aServer(() => true), await aServer(() => false)];
  expect(await answerOf(quick.port, path, sent)).toEqual(await answerOf(usual.port, path, sent));
  expect([quick.handled, usual.handled]).toEqual([0, 1]);
});

test.each<[what: string, path: string, sent: Sent, status: number]>([
  ['that nothing is at hand for', `/things/${id.replace('5', '6')}/picture`, {}, 200],
  ['whose path is written in another way', path.toUpperCase(), {}, 200],
  ['with a question', `${path}?size=1`, {}, 200],
  ['that somebody traces', path, { headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } }, 200],
  ['for the headers only', path, { method: 'HEAD' }, 200],
  ['with an id that is none', `/things/${'x'.repeat(36)}/picture`, {}, 404],
  ['with another method', path, { method: 'DELETE' }, 405],
])('a request %s goes the usual way', async (_, asked, sent, status) => {
  const server = await aServer((name) => name === id);
  expect((await answerOf(server.port, asked, sent)).status).toBe(status);
  expect(server.handled).toBe(status === 200 ? 1 : 0);
});

async function aServer(isAtHand: (id: string) => boolean) {
  const bytes = Buffer.from('a picture');
  const picture = representation({ type: 'image/x', etag: 'v1', headers: { 'x-one': '1' }, encode: () => bytes });
  const counted = { handled: 0 };
  const pictureRoute = route({
    ...{ method: 'GET', path: '/things/:thingId/picture', summary: 'A picture', tag: 'test', useCase: 'look' },
    type: 'image/x',
    answers: { 200: undefined, 304: undefined },
    atHand: ({ ids, headers }) => (isAtHand(ids.thingId ?? '') ? picture(headers) : undefined),
    handle: async ({ headers }) => {
      counted.handled += 1;
      return picture(headers);
    },
  });
  return Object.assign(counted, await startServer([pictureRoute]));
}

async function answerOf(port: number, asked: string, sent: Sent) {
  const response = await open(port, asked, sent);
  const { date: _, ...headers } = response.headers;
  return { status: response.statusCode, headers, body: String(await buffer(response)) };
}
