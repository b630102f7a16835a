import { eventUpsertedUrn } from '@ticketbuddy/contracts';
import { createEmbeddedAdmin } from '@ticketbuddy/messaging';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { systemClock } from '@ticketbuddy/runtime';
import { testDatabase } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { messagesHandled } from './messages-handled.ts';
import { everyModule } from './modules.ts';

const id = 'b0000000-1111-4000-8000-000000000001';

test('a message is waited for until its receiver has it', async () => {
  const { pool, handled, looks } = await aShopThatSent({
    onLook: `insert into tickets.inbox (message_id) values ('${id}') on conflict do nothing`,
  });
  await handled();
  expect(looks()).toBe(1);
  const { rows } = await pool.query('select message_id as id from tickets.inbox');
  expect(rows).toEqual([{ id }]);
});

test('a message that is parked is not waited for', async () => {
  const { pool, handled, looks } = await aShopThatSent();
  await pool.query(
    `insert into broker.messages (queue, message_id, urn, key, sent_at, body, parked_at)
     values ('tickets.events', $1, $2, 'a', now(), '{}', now())`,
    [id, eventUpsertedUrn],
  );
  await handled();
  expect(looks()).toBe(1);
});

/** A shop that has published one event; `onLook` happens when somebody asks how deep the queue is. */
async function aShopThatSent({ onLook = 'select 1' } = {}) {
  const { pool } = await testDatabase();
  const deps = { db: createDatabase<never>(pool), clock: systemClock };
  const since = deps.clock.now();
  await pool.query(
    `insert into events.outbox (message_id, urn, key, version, sent_at, body, published_at)
     values ($1, $2, 'a', 1, $3, '{}', now())`,
    [id, eventUpsertedUrn, since.add({ milliseconds: 1 }).toString()],
  );
  const admin = createEmbeddedAdmin(pool);
  let looks = 0;
  const depths = async (queues: readonly string[]) => {
    looks += 1;
    await pool.query(onLook);
    return admin.depths(queues);
  };
  const sent = { pool, modules: everyModule, deps, admin: { ...admin, depths }, since };
  return { pool, handled: () => messagesHandled(sent), looks: () => looks };
}
