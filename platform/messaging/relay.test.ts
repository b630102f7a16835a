import { randomUUID } from 'node:crypto';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { testDatabase } from '@ticketbuddy/testing';
import { expect, it } from 'vitest';
import { addToOutbox, type Broker, type Message, relayPass } from './index.ts';

it('a full outbox is published in the order of its rows, over many batches and passes, each once', async () => {
  const { pool, fill } = await anOutbox();
  const sent = await fill(2_600);
  const published: string[] = [];
  const broker = aBroker(async (messages) => void published.push(...messages.map(({ id }) => id)));
  const pass = () => relayPass(pool, 'events', broker);
  expect([await pass(), await pass(), await pass()]).toEqual([2_000, 600, 0]);
  expect(published).toEqual(sent);
});

it('when a batch is refused, nothing of the pass counts as published', async () => {
  const { pool, fill } = await anOutbox();
  await fill(1_200);
  let batches = 0;
  const refusing = aBroker(async () => {
    batches += 1;
    if (batches === 2) throw new Error('the queue is full');
  });
  await expect(relayPass(pool, 'events', refusing)).rejects.toThrow('the queue is full');
  const { rows } = await pool.query('select count(*)::int as waiting from events.outbox where published_at is null');
  expect(rows).toEqual([{ waiting: 1_200 }]);
});

async function anOutbox() {
  const { pool } = await testDatabase();
  const db = createDatabase<never>(pool);
  const fill = (count: number) =>
    db.transaction(async (tx) => {
      const messages = Array.from({ length: count }, aMessage);
      for (const message of messages) await addToOutbox(tx, 'events', message);
      return messages.map(({ id }) => id);
    });
  return { pool, fill };
}

function aMessage(): Message {
  const sentAt = Temporal.Instant.from('2026-06-01T12:00:00Z');
  return { id: randomUUID(), urn: 'urn:message:Song', key: 'a', version: 1, sentAt, body: {} };
}

function aBroker(publish: Broker['publish']): Broker {
  return { publish, declare: async () => undefined, consume: () => ({ stop: async () => undefined }) };
}
