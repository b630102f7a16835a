import { join } from 'node:path';
import { aVirtualHost, createTestDatabase, rabbitMqIsMissing, type TestDatabase } from '@ticketbuddy/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ended, type Process, start, ticketbuddy } from './test-cli.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const shopMain = join(import.meta.dirname, '..', 'api', 'main.ts');
const broken = 'b0000000-1111-4000-8000-000000000001';

describe.skipIf(rabbitMqIsMissing())('with RabbitMQ', () => {
  let database: TestDatabase;
  let settings: Readonly<Record<string, string>>;
  let shop: Process | undefined;
  beforeEach(async () => {
    database = await createTestDatabase();
    const { url } = await aVirtualHost();
    settings = { DATABASE_URL: database.url, AMQP_URL: url };
  });
  afterEach(async () => {
    const end = shop && ended(shop);
    shop?.kill('SIGTERM');
    shop = undefined;
    await end;
    await database.drop();
  });

  test('once the demo data is added, every event has its seats and no message waits', async () => {
    // A server that is slow to let somebody in is tried again, and that is said.
    const isTriedAgain = /^(the broker is away; trying again: .*\n)*$/;
    expect(await ticketbuddy(['seed'], settings)).toMatchObject({ code: 0, err: expect.stringMatching(isTriedAgain) });
    const { rows } = await database.pool.query(`
      select (select count(distinct event_id) from tickets.seats) as events,
        (select count(*) from events.outbox where published_at is null) as to_publish`);
    expect(rows).toEqual([{ events: 15, to_publish: 0 }]);
    expect(await queues()).toContainEqual({ queue: 'tickets.events', waiting: 0, parked: 0 });
  });

  test('before the first start there are no queues, and nothing is parked', async () => {
    const out = 'There are no queues yet: start the shop once, which makes them.\n';
    expect(await ticketbuddy(['messages', 'queues'], settings)).toEqual({ code: 0, out, err: '' });
    expect(await ticketbuddy(['messages', 'parked'], settings)).toMatchObject({ out: 'No message is parked.\n' });
  });

  test('beside a running shop a message is seen, put back, parked once more and deleted', async () => {
    shop = start([shopMain], { ...settings, PORT: '0', TICKETBUDDY_SEED: 'off' });
    await database.pool.query(
      `insert into events.outbox (message_id, urn, key, version, sent_at, body)
       values ($1, 'urn:message:Integration.Events.Messaging:EventUpserted', 'rock', 1, now(), '{"venue": -1}')`,
      [broken],
    );
    await vi.waitFor(async () => expect(await parked()).toMatchObject([{ id: broken, attempts: 3 }]), patience);
    const [first] = await parked();
    const { out } = await ticketbuddy(['messages', 'show', 'b0000000'], settings);
    for (const piece of ['queue     tickets.events', 'MT-Fault-Message', '"venue": -1']) expect(out).toContain(piece);
    expect(await ticketbuddy(['messages', 'retry', 'b0000000'], settings)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^tickets\.events: 1 message put back/),
    });
    await vi.waitFor(async () => expect((await parked())[0]?.parkedAt > first?.parkedAt).toBe(true), patience);
    expect(await ticketbuddy(['messages', 'drop', '--all', '--yes'], settings)).toMatchObject({ code: 0 });
    expect(await queues()).toContainEqual({ queue: 'tickets.events', waiting: 0, parked: 0 });
  });

  async function parked() {
    return JSON.parse((await ticketbuddy(['messages', 'parked', '--json'], settings)).out);
  }

  async function queues() {
    return JSON.parse((await ticketbuddy(['messages', 'queues', '--json'], settings)).out);
  }
});

const patience = { timeout: 60_000, interval: 50 };
