import { randomUUID } from 'node:crypto';
import { PostgresNotifications } from '@ticketbuddy/postgres';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { type TestDatabase, testDatabase } from '@ticketbuddy/testing';
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { consumePass as pass } from './embedded-broker.ts';
import {
  addToOutbox,
  createEmbeddedBroker,
  type Message,
  once,
  outboxChannel,
  pruneInbox,
  pruneOutbox,
  relayPass,
  repeat,
} from './index.ts';
import { type BrokerReport, type Handle, retryDelaysMs } from './message.ts';

const queue = { name: 'listeners', urns: ['urn:message:Song'] };

it('a message exists if and only if its change was committed', async () => {
  const { pool } = await testDatabase();
  const db = createDatabase<never>(pool);
  await db.transaction((tx) => addToOutbox(tx, 'events', aMessage()));
  const undone = db.transaction(async (tx) => {
    await addToOutbox(tx, 'events', aMessage());
    throw new Error('changed my mind');
  });
  await expect(undone).rejects.toThrow('changed my mind');
  const broker = await theBroker(await listenersOf(pool));
  expect(await relayPass(pool, 'events', broker)).toBe(1);
});

it('the relay publishes in the order of the commits and each message once', async () => {
  const { pool } = await testDatabase();
  const db = createDatabase<never>(pool);
  const broker = await theBroker(await listenersOf(pool));
  for (let version = 1; version <= 5; version++) {
    await db.transaction((tx) => addToOutbox(tx, 'events', aMessage({ version })));
  }
  const published = [await relayPass(pool, 'events', broker), await relayPass(pool, 'events', broker)];
  expect(published).toEqual([5, 0]);
  expect((await drain(pool)).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
});

it('relays in many processes do no work twice', async () => {
  const { pool } = await testDatabase();
  const db = createDatabase<never>(pool);
  const broker = await theBroker(await listenersOf(pool));
  await db.transaction((tx) => addToOutbox(tx, 'events', aMessage()));
  await Promise.all([1, 2, 3, 4, 5].map(() => relayPass(pool, 'events', broker)));
  expect(await drain(pool)).toHaveLength(1);
});

it('a relay that dies between publishing and marking publishes again, and the inbox absorbs it', async () => {
  const { pool } = await testDatabase();
  const db = createDatabase<never>(pool);
  const broker = await theBroker(await listenersOf(pool));
  await db.transaction((tx) => addToOutbox(tx, 'events', aMessage()));
  const dying = {
    ...broker,
    publish: async (messages: readonly Message[]) => {
      await broker.publish(messages);
      throw new Error('killed');
    },
  };
  await expect(relayPass(pool, 'events', dying)).rejects.toThrow('killed');
  expect(await relayPass(pool, 'events', broker)).toBe(1);

  let applied = 0;
  await consumePass(
    pool,
    queue.name,
    once(db, 'tickets', async () => {
      applied += 1;
    }),
  );
  expect(applied).toBe(1);
});

it('a consumer that dies gives its messages back at once', async () => {
  const { pool } = await testDatabase();
  const broker = await theBroker(await listenersOf(pool));
  await broker.publish([aMessage()]);
  // Its own sessions only: the server is that of other tests, too.
  const dying: Handle = async () =>
    void (await pool.query(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
      and database = (select oid from pg_database where datname = current_database())`));
  await expect(consumePass(pool, queue.name, dying)).rejects.toThrow();
  expect(await drain(pool)).toHaveLength(1);
});

it('a message that cannot be applied is tried three times and then parked with its reason', async () => {
  const { pool } = await testDatabase();
  const broker = await theBroker(await listenersOf(pool));
  await broker.publish([aMessage()]);
  const reported: unknown[] = [];
  for (const _ of [...retryDelaysMs, 'last']) {
    await consumePass(pool, queue.name, refuse, { ...quiet, failed: (_message, error) => reported.push(error) });
    await letDelaysPass(pool);
  }
  expect(reported).toHaveLength(3);
  const { rows } = await pool.query('select attempts, reason, parked_at is not null as parked from broker.messages');
  expect(rows).toEqual([{ attempts: 3, reason: 'cannot be read', parked: true }]);
});

it('a message that fails for a reason that will pass is never parked', async () => {
  const { pool } = await testDatabase();
  const broker = await theBroker(await listenersOf(pool));
  await broker.publish([aMessage()]);
  let away = 10;
  const handle: Handle = async () => {
    if (away-- > 0) throw new TransientError('the database is away');
  };
  for (let pass = 0; pass < 11; pass++) {
    await consumePass(pool, queue.name, handle);
    await letDelaysPass(pool);
  }
  expect(away).toBe(-1);
  expect((await pool.query('select from broker.messages')).rowCount).toBe(0);
});

it('a poison message holds up its own key in order, and nobody else', async () => {
  const { pool } = await testDatabase();
  const broker = await theBroker(await listenersOf(pool));
  const [poison, behindIt, other] = [aMessage({ key: 'a' }), aMessage({ key: 'a' }), aMessage({ key: 'b' })];
  await broker.publish([poison, behindIt, other]);
  const applied: string[] = [];
  const handle: Handle = async ({ id }) => (id === poison.id ? refuse() : void applied.push(id));
  await consumePass(pool, queue.name, handle);
  await consumePass(pool, queue.name, handle);
  expect(applied).toEqual([other.id]);
  for (const _ of retryDelaysMs) {
    await letDelaysPass(pool);
    await consumePass(pool, queue.name, handle);
  }
  await consumePass(pool, queue.name, handle);
  expect(applied).toEqual([other.id, behindIt.id]);
});

it('messages that were published, or have failed, before the clock went back do not wait for it, nor are they overtaken', async () => {
  const { pool } = await testDatabase();
  const broker = await theBroker(await listenersOf(pool));
  const clockGoesBack = () => pool.query(`update broker.messages set visible_at = visible_at + interval '1 hour'`);
  await broker.publish([aMessage({ version: 1 })]);
  await clockGoesBack();
  await broker.publish([aMessage({ version: 2 })]);
  await consumePass(pool, queue.name, refuse);
  await clockGoesBack();
  expect((await drain(pool)).map(({ version }) => version)).toEqual([1, 2]);
});

it('a message reaches every queue that wants its type, and no other', async () => {
  const { pool } = await testDatabase();
  const broker = await theBroker(await listenersOf(pool));
  await broker.declare([{ name: 'others', urns: ['urn:message:Song', 'urn:message:Dance'] }]);
  await broker.publish([aMessage(), aMessage({ urn: 'urn:message:Dance' }), aMessage({ urn: 'urn:message:Nobody' })]);
  expect([(await drain(pool)).length, (await drain(pool, 'others')).length]).toEqual([1, 2]);
});

it('a body comes out with its members in the order in which it went in', async () => {
  const { pool } = await testDatabase();
  const broker = await theBroker(await listenersOf(pool));
  const body = { zebra: 1, apple: null, mango: '25.50' };
  await broker.publish([aMessage({ body })]);
  const [message] = await drain(pool);
  expect(JSON.stringify(message?.body)).toBe(JSON.stringify(body));
});

it('a commit wakes the relay and the relay wakes the consumer', async () => {
  const database = await testDatabase();
  const db = createDatabase<never>(database.pool);
  const { broker, notifications } = await listenersOf(database.pool, database);
  await broker.declare([queue]);
  const relay = repeat(() => relayPass(database.pool, 'events', broker), { idleMs: 3_600_000 });
  notifications.listen(outboxChannel('events'), relay.wake);
  const arrived = Promise.withResolvers<Message>();
  const consumer = broker.consume(queue.name, async (message) => arrived.resolve(message));
  await notifications.start();
  onTestFinished(async () => {
    await Promise.all([relay.stop(), consumer.stop(), notifications.stop()]);
  });
  const message = aMessage();
  await db.transaction((tx) => addToOutbox(tx, 'events', message));
  expect((await arrived.promise).id).toBe(message.id);
});

it('published rows and old ids of the inbox are pruned, waiting ones never', async () => {
  const { pool } = await testDatabase();
  const db = createDatabase<never>(pool);
  const broker = await theBroker(await listenersOf(pool));
  await db.transaction((tx) => addToOutbox(tx, 'events', aMessage()));
  await relayPass(pool, 'events', broker);
  await db.transaction((tx) => addToOutbox(tx, 'events', aMessage()));
  await sql`insert into tickets.inbox values (${randomUUID()}, now() - interval '1 hour'), (${randomUUID()}, now())`.execute(
    db.query,
  );
  const pruned = [await pruneOutbox(pool, 'events', -1_000), await pruneInbox(pool, 'tickets', 60_000)];
  expect(pruned).toEqual([1, 1]);
  expect(await relayPass(pool, 'events', broker)).toBe(1);
});

function aMessage(said: Partial<Message> = {}): Message {
  const sentAt = Temporal.Instant.from('2026-06-01T12:00:00.123456Z');
  return {
    id: randomUUID(),
    urn: 'urn:message:Song',
    key: 'a',
    version: 1,
    sentAt,
    body: { title: 'So What' },
    ...said,
  };
}

const refuse = async () => {
  throw new Error('cannot be read');
};

const quiet: BrokerReport = { failed: () => undefined, parked: () => undefined, disconnected: () => undefined };

function consumePass(pool: TestDatabase['pool'], from: string, handle: Handle, report = quiet): Promise<number> {
  return pass({ pool, report, isTransient: (error) => error instanceof TransientError }, from, handle);
}

class TransientError extends Error {}

async function listenersOf(pool: TestDatabase['pool'], { url } = { url: '' }) {
  const notifications = new PostgresNotifications(url);
  return {
    broker: createEmbeddedBroker({ pool, notifications, report: quiet, isTransient: () => false }),
    notifications,
  };
}

async function theBroker({ broker }: Awaited<ReturnType<typeof listenersOf>>) {
  await broker.declare([queue]);
  return broker;
}

/** Takes everything that waits in a queue. */
async function drain(pool: TestDatabase['pool'], from = queue.name): Promise<Message[]> {
  const taken: Message[] = [];
  while ((await consumePass(pool, from, async (message) => void taken.push(message))) > 0);
  return taken;
}

async function letDelaysPass(pool: TestDatabase['pool']): Promise<void> {
  await pool.query('update broker.messages set visible_at = now()');
}
