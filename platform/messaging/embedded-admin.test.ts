import { once } from 'node:events';
import { testDatabase } from '@ticketbuddy/testing';
import { expect, it, onTestFinished } from 'vitest';
import { createEmbeddedAdmin } from './embedded-admin.ts';
import { queueChannel } from './embedded-broker.ts';

it('putting a message back wakes the consumer of its queue', async () => {
  const { pool } = await testDatabase();
  await pool.query(`
    insert into broker.messages (queue, message_id, urn, key, sent_at, body, attempts, parked_at, reason)
    values ('box-office', gen_random_uuid(), 'urn:message:Show', 'a', now(), '{}', 3, now(), 'The venue is unknown')`);
  const consumer = await pool.connect();
  onTestFinished(() => consumer.release(true));
  await consumer.query(`listen "${queueChannel('box-office')}"`);
  const woken = once(consumer, 'notification');
  expect(await createEmbeddedAdmin(pool).retry('box-office', 'all')).toHaveLength(1);
  expect((await woken)[0]).toMatchObject({ channel: queueChannel('box-office') });
});
