import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresNotifications } from '@ticketbuddy/postgres';
import {
  createTestDatabase,
  openStallingProxy,
  rabbitMqIsMissing,
  startRabbitMq,
  type TestRabbitMq,
} from '@ticketbuddy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addWitness } from './test-messaging-verdict.ts';
import { allIsDelivered, nothingIsUnacknowledged, startBusiness, startMessaging } from './test-messaging-world.ts';
import { until } from './test-until.ts';

const stallMs = 30_000;
const minutes = { timeout: 150_000 };

describe('the network says nothing for 30 s, and what was connected is never heard of again:', () => {
  let server: TestRabbitMq | undefined;
  beforeAll(async () => {
    if (!rabbitMqIsMissing()) server = await startRabbitMq();
  }, 120_000);
  afterAll(() => server?.stop());

  it.concurrent('between us and PostgreSQL, everything is delivered when it is back', minutes, () =>
    deliverAfterStall('PostgreSQL', undefined),
  );

  it.skipIf(rabbitMqIsMissing()).concurrent(
    'between us and RabbitMQ, everything is delivered when it is back',
    minutes,
    async () => {
      await deliverAfterStall('RabbitMQ', server?.url);
      if (server) await nothingIsUnacknowledged(server);
    },
  );

  it.concurrent('between us and PostgreSQL, whoever listens hears again', minutes, async ({ onTestFinished }) => {
    const { url, pool, drop } = await createTestDatabase(2);
    const line = await openStallingProxy(url);
    const notifications = new PostgresNotifications(line.url);
    onTestFinished(async () => {
      await notifications.stop();
      await line.stop();
      await drop();
    });
    let heard = 0;
    notifications.listen('news', () => heard++);
    await notifications.start();
    line.stall();
    await sleep(stallMs);
    line.passNewOnes();
    // It is woken once by each new connection, for what came in between.
    await until('it listens again', async () => heard > 1);
    const before = heard;
    await pool.query('notify news');
    await until('it hears', async () => heard > before);
  });
});

async function deliverAfterStall(between: 'PostgreSQL' | 'RabbitMQ', amqpUrl: string | undefined): Promise<void> {
  const { url, pool, drop } = await createTestDatabase();
  await addWitness(pool);
  const line = await openStallingProxy(between === 'PostgreSQL' ? url : (amqpUrl ?? ''));
  const shop = await startMessaging(between === 'PostgreSQL' ? { url: line.url, amqpUrl } : { url, amqpUrl: line.url });
  const business = startBusiness(pool);
  try {
    await until('the business runs', async () => business.told.things > 50);
    line.stall();
    await sleep(stallMs);
    line.passNewOnes();
    const before = business.told.things;
    await until('there is more business', async () => business.told.things > before + 20);
    await business.stop();
    await allIsDelivered(pool);
    expect(shop.parked).toEqual([]);
  } finally {
    await business.stop();
    await shop.stop();
    await line.stop();
    await drop();
  }
}
