import { randomUUID } from 'node:crypto';
import { eventSoldOutUrn } from '@ticketbuddy/contracts';
import type { Message } from '@ticketbuddy/messaging';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { FakeClock, testDatabase } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { announceEvent } from './announce-event.ts';
import { consumers } from './consumers.ts';
import type { DB } from './tables.gen.ts';

const at = (time: string) => Temporal.Instant.from(`2026-06-01T${time}Z`);
const details = {
  name: 'Show',
  startsAt: at('19:00'),
  endsAt: at('22:00'),
  price: { coefficient: 1_000n, scale: 2 },
};

test('events notes when an event was sold out', async () => {
  const { id, receive, soldOutAt } = await anAnnouncedEvent();
  await receive(aMessage({ eventId: id }, at('13:00')));
  expect(await soldOutAt()).toEqual(at('13:00'));
});

test('told again, an event is sold out since the first time', async () => {
  const { id, receive, soldOutAt } = await anAnnouncedEvent();
  const message = aMessage({ eventId: id }, at('13:00'));
  await receive(message);
  await receive(message);
  await receive(aMessage({ EventId: id }, at('14:00')));
  expect(await soldOutAt()).toEqual(at('13:00'));
});

test('an event that nobody announced here yet is sold out all the same', async () => {
  const { receive, soldOutAt } = await anAnnouncedEvent();
  const unknown = randomUUID();
  await receive(aMessage({ eventId: unknown }, at('13:00')));
  expect(await soldOutAt(unknown)).toEqual(at('13:00'));
});

test.each([undefined, {}, { eventId: 'show' }, { eventId: null }])(
  '%j does not tell which event is sold out',
  async (body) => {
    const { receive } = await anAnnouncedEvent();
    await expect(receive(aMessage(body))).rejects.toThrow('the message is no EventSoldOut');
  },
);

async function anAnnouncedEvent() {
  const { pool } = await testDatabase(3);
  const deps = { db: createDatabase<DB>(pool), clock: new FakeClock() };
  const id = await announceEvent(deps, { ...details, venue: 'O2ArenaLondon' });
  const [soldOut] = consumers(deps);
  return {
    id,
    receive: async (message: Message) => soldOut?.handle(message),
    soldOutAt: async (eventId = id) =>
      (await pool.query('select sold_out_at from events.sold_out where event_id = $1', [eventId])).rows[0]?.sold_out_at,
  };
}

function aMessage(body: unknown, sentAt = at('13:00')): Message {
  return { id: randomUUID(), urn: eventSoldOutUrn, key: 'show', version: undefined, sentAt, body };
}
