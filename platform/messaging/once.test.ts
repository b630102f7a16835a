import { randomUUID } from 'node:crypto';
import { createDatabase, type Transact } from '@ticketbuddy/postgres/database';
import { testDatabase } from '@ticketbuddy/testing';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { type Message, once } from './index.ts';

it('messages that arrive together are applied in one transaction', async () => {
  const { handleAll, applied } = await aConsumer();
  await handleAll([aMessage(), aMessage(), aMessage()]);
  expect(applied).toHaveLength(3);
  expect(new Set(applied.map(({ transaction }) => transaction)).size).toBe(1);
});

it('of the messages that arrive together only the one that cannot be applied fails', async () => {
  const messages = Array.from({ length: 9 }, () => aMessage());
  const [poison] = messages.splice(5, 1, aMessage({ body: 'poison' }));
  const { handleAll, remembered } = await aConsumer();
  const outcomes = await handleAll(messages);
  expect(outcomes.flatMap((outcome, nth) => (outcome === 'rejected' ? [nth] : []))).toEqual([5]);
  const good = messages.filter(({ body }) => body !== 'poison').map(({ id }) => id);
  expect(await remembered()).toEqual(good.toSorted());
  expect(good).not.toContain(poison?.id);
});

it('a message that is delivered twice at once is applied once, and both deliveries are done', async () => {
  const { handleAll, applied } = await aConsumer();
  const message = aMessage();
  const again = { ...message, id: message.id.toUpperCase() };
  expect(await handleAll([message, again, aMessage()])).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
  expect(applied.filter(({ id }) => id === message.id)).toHaveLength(1);
  expect(applied).toHaveLength(2);
});

it('messages of one key that arrive together are applied in the order in which they came', async () => {
  const { handleAll, applied } = await aConsumer();
  const messages = Array.from({ length: 40 }, (_, nth) => aMessage({ key: `${nth % 2}`, version: 40 - nth }));
  await handleAll(messages);
  for (const key of ['0', '1']) {
    const came = messages.filter((message) => message.key === key).map(({ id }) => id);
    expect(applied.filter((one) => one.key === key).map(({ id }) => id)).toEqual(came);
  }
});

it('whatever their order, messages that arrive together change things in one order, so that nobody deadlocks', async () => {
  const { handleAll, applied } = await aConsumer();
  await handleAll(['c', 'a', 'b'].map((key) => aMessage({ key })));
  expect(applied.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
});

it('while the database is away all messages that arrived together wait, and none is tried by itself', async () => {
  let tries = 0;
  const { handleAll, remembered } = await aConsumer(async () => {
    tries += 1;
    throw Object.assign(new Error('the server is shutting down'), { code: '57P01' });
  });
  expect(await handleAll([aMessage(), aMessage(), aMessage()])).toEqual(['rejected', 'rejected', 'rejected']);
  expect(tries).toBe(1);
  expect(await remembered()).toEqual([]);
});

type Applied = { readonly id: string; readonly key: string; readonly transaction: string };

async function aConsumer(also: () => Promise<void> = async () => undefined) {
  const { pool } = await testDatabase();
  const applied: Applied[] = [];
  const apply = async (tx: Transact<never>, { id, key, body }: Message) => {
    await also();
    const { rows } = await sql<{ at: string }>`select pg_current_xact_id()::text as at`.execute(tx);
    // A statement that fails ends the transaction for everybody in it.
    if (body === 'poison') await sql`select 1 / 0`.execute(tx);
    applied.push({ id, key, transaction: rows[0]?.at ?? '' });
  };
  const handle = once(createDatabase<never>(pool), 'tickets', apply);
  return {
    applied,
    async handleAll(messages: readonly Message[]) {
      const settled = await Promise.allSettled(messages.map(handle));
      return settled.map(({ status }) => status);
    },
    async remembered() {
      const { rows } = await pool.query<{ id: string }>('select message_id as id from tickets.inbox order by 1');
      return rows.map(({ id }) => id);
    },
  };
}

function aMessage(said: Partial<Message> = {}): Message {
  const sentAt = Temporal.Instant.from('2026-06-01T12:00:00Z');
  return { id: randomUUID(), urn: 'urn:message:Song', key: randomUUID(), version: 1, sentAt, body: {}, ...said };
}
