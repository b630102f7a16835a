import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { announce, seatsOf, seatsOnceThere, type Ticket } from './test-sale.ts';
import { type Answer, get, send } from './test-send.ts';
import { startTestShop, type TestShop } from './test-shop.ts';

let shop: TestShop;
let eventId: string;
let seats: Ticket[];
const userId = randomUUID();

beforeAll(async () => {
  shop = await startTestShop('one process');
  eventId = await announce(shop.url);
  seats = await seatsOnceThere(shop.url, eventId);
});
afterAll(() => shop?.stop());

test('a purchase that is sent again with its Idempotency-Key gets the same answer and sells nothing more', async () => {
  const seat = nextSeat();
  const answers = [await buy(seat, '"8e03978e-40d5"'), await buy(seat, '8e03978e-40d5'), await buy(seat)];
  expect(answers.map(({ status }) => status)).toEqual([204, 204, 400]);
  expect((await seatsOf(shop.url, eventId)).filter(({ Id }) => Id === seat)).toMatchObject([{ Purchased: true }]);
});

test('a refusal is answered again word for word', async () => {
  const seat = nextSeat();
  await buy(seat);
  const [first, again] = [await buy(seat, 'refused'), await buy(seat, 'refused')];
  expect([again.status, again.body]).toEqual([first.status, first.body]);
  expect(JSON.parse(first.body)).toMatchObject({ Errors: ['Tickets are not available'] });
});

test('a key that was used for another request is a 422 problem', async () => {
  await buy(nextSeat(), 'used');
  const { status, headers, body } = await buy(nextSeat(), 'used');
  expect([status, headers['content-type']]).toEqual([422, 'application/problem+json; charset=utf-8']);
  expect(JSON.parse(body)).toMatchObject({ title: 'Unprocessable Content', status: 422 });
});

test.each(['""', '"a', 'two words', `"${'x'.repeat(256)}"`, 'ö'])('the key %s is a 400 problem', async (key) => {
  const { status, body } = await buy(nextSeat(), Buffer.from(key).toString('latin1'));
  expect([status, JSON.parse(body)]).toMatchObject([400, { errors: { 'Idempotency-Key': [expect.any(String)] } }]);
});

test('the documentation names the header where it is honoured', async () => {
  const { paths } = JSON.parse((await get(shop.url, '/openapi.json')).body);
  const named = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods as Methods).flatMap(([method, { parameters = [] }]) =>
      parameters.filter(({ name }) => name === 'idempotency-key').map(({ in: where }) => `${method} ${path}: ${where}`),
    ),
  );
  expect(named).toEqual([
    'post /events/{eventId}/tickets/reserve: header',
    'post /events/{eventId}/tickets/purchase: header',
    'post /v2/events/{eventId}/holds: header',
    'post /v2/events/{eventId}/best-available: header',
    'post /v2/events/{eventId}/holds/{holdId}/extend: header',
    'post /v2/events/{eventId}/purchases: header',
  ]);
});

type Methods = Readonly<Record<string, { readonly parameters?: readonly { in: string; name: string }[] }>>;

function nextSeat(): string {
  return seats.pop()?.Id ?? '';
}

function buy(seat: string, key?: string): Promise<Answer> {
  return send(shop.url, {
    method: 'POST',
    path: `/events/${eventId}/tickets/purchase`,
    headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
    body: JSON.stringify({ userId, ticketIds: [seat] }),
  });
}
