import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createTestDatabase, type TestDatabase } from '@ticketbuddy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { legacyMessages } from './legacy-messages.ts';

const { read, sayings, tell } = legacyMessages;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe('what the legacy told of an event and what there is to be told of its row are the same', () => {
  const row = {
    name: 'Gala',
    starts: '2041-01-01 19:00:00.123456+00',
    ends: '2041-01-01 21:00:00+00',
    venue: 5,
    pence: '2556',
  };
  const body = {
    eventName: 'Gala',
    startDate: '2041-01-01T19:00:00.123456+00:00',
    endDate: '2041-01-01T21:00:00+00:00',
    venue: 5,
    price: '25.56',
  };
  it.each([
    ['in the form that we tell it', {}, {}],
    ['with the offset of its client', { startDate: '2041-01-01T21:00:00.123456+02:00' }, {}],
    ['with the seventh digit that no row keeps', { startDate: '2041-01-01T19:00:00.1234569+00:00' }, {}],
    ['in the scale of its client', { price: '25.560' }, {}],
    ['with a price that the row has rounded', { price: '25.555' }, {}],
    ['with a price below zero', { price: '-12.34' }, { pence: '-1234' }],
    ['with a venue that nobody knows', { venue: 4711 }, { venue: 4711 }],
    ['without an end', { endDate: '9999-12-31T23:59:59.9999999+00:00' }, { ends: 'infinity' }],
    ['from the beginning of time on', { startDate: '0001-01-01T00:00:00+00:00' }, { starts: '-infinity' }],
    ['with letters that JSON escapes', { eventName: 'Fé "1" \u{1F3AB}\u2028' }, { name: 'Fé "1" \u{1F3AB}\u2028' }],
  ])('%s', async (_how, told, stored) => {
    const id = await aRow({ ...row, ...stored });
    const [saying] = await sayings(database.pool, [id]);
    expect(read(aMessage({ id: id.toUpperCase(), ...body, ...told }))).toEqual({ key: id, says: saying?.says });
  });

  it.each([
    ['the name', { eventName: 'Gala 2' }],
    ['the start, by a microsecond', { startDate: '2041-01-01T19:00:00.123457+00:00' }],
    ['the end', { endDate: '2041-01-01T21:00:01+00:00' }],
    ['the venue', { venue: 6 }],
    ['the price, by a penny', { price: '25.57' }],
  ])('unless they differ in %s', async (_what, told) => {
    const id = await aRow(row);
    const [saying] = await sayings(database.pool, [id]);
    expect(read(aMessage({ id, ...body, ...told }))?.says).not.toBe(saying?.says);
  });

  it('and every recorded message can be read', () => {
    const recorded = JSON.parse(
      readFileSync(new URL('../../testing/captures/amqp/published.json', import.meta.url), 'utf8'),
    ) as { readonly messages: readonly { readonly exchange: string; readonly body: string }[] }[];
    const told = recorded
      .flatMap(({ messages }) => messages)
      .filter(({ exchange }) => exchange === 'Integration.Events.Messaging:EventUpserted')
      .map(({ body: text }) => JSON.parse(text).message);
    expect(told.length).toBeGreaterThan(0);
    expect(told.map((message) => read(aMessage(message))?.key)).toEqual(told.map(({ id }) => id));
  });

  it('and a row without a price, or a message that nobody can read, tells nothing', async () => {
    const id = await aRow({ ...row, pence: null });
    expect(await sayings(database.pool, [id])).toEqual([]);
    for (const unreadable of [
      undefined,
      [],
      { ...body },
      { ...body, id: `${id}\u0000` },
      { id, ...body, price: null },
      { id, ...body, startDate: 'soon' },
    ])
      expect(read(aMessage(unreadable))).toBeUndefined();
  });
});

it('what is told for the legacy waits in the outbox once, without a version', async () => {
  const message = aMessage({ id: 'x' });
  const client = await database.pool.connect();
  await tell(client, [message]);
  await tell(client, [message]);
  client.release();
  const { rows } = await database.pool.query('select message_id, key, version, body from events.outbox');
  expect(rows).toEqual([{ message_id: message.id, key: 'x', version: null, body: { id: 'x' } }]);
});

type Stored = {
  readonly name: string;
  readonly starts: string;
  readonly ends: string;
  readonly venue: number;
  readonly pence: string | null;
};

async function aRow({ name, starts, ends, venue, pence }: Stored): Promise<string> {
  const id = randomUUID();
  await database.pool.query(
    `insert into events.events (id, name, starts_at, ends_at, venue, price_pence, carried) values ($1, $2, $3, $4, $5, $6, true)`,
    [id, name, starts, ends, venue, pence],
  );
  return id;
}

function aMessage(body: unknown) {
  const [urn = ''] = legacyMessages.urns;
  return {
    id: randomUUID(),
    urn,
    key: 'x',
    version: undefined,
    sentAt: Temporal.Instant.from('2030-01-01T00:00:00Z'),
    body,
  };
}
