import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Broker, relayPass } from '@ticketbuddy/messaging';
import { PostgresNotifications } from '@ticketbuddy/postgres';
import { systemClock } from '@ticketbuddy/runtime';
import {
  aVirtualHost,
  createTestDatabase,
  listKillPoints,
  openStallingProxy,
  rabbitMqIsMissing,
  seededRandom,
  until,
} from '@ticketbuddy/testing';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Order } from './test-killed-child.ts';
import { randomBusiness } from './test-messaging-business.ts';
import { addWitness } from './test-messaging-verdict.ts';
import { openTestBroker } from './test-messaging-witness.ts';
import {
  type Addresses,
  allIsDelivered,
  nothingIsUnacknowledged,
  startBusiness,
  startMessaging,
} from './test-messaging-world.ts';

const program = fileURLToPath(new URL('./test-killed-child.ts', import.meta.url));
// Of the shortest pass: begin, lock, mark, publish, commit.
const stepsMin = 6;
// Not waited for: this is the fault itself.
const stallMs = 30_000;
// What the processes start from, so that the first of them alone compiles anything.
let compiled = '';
const minutes = { timeout: 300_000 };

// They wait more than they work, so they do it beside each other.
describe('nothing is lost, done twice or waited for for ever', () => {
  beforeAll(async () => {
    compiled = await mkdtemp(join(tmpdir(), 'ticketbuddy-compiled-'));
  });
  afterAll(() => rm(compiled, { recursive: true }));

  // What was connected before the silence is never heard of again.
  it.concurrent(
    'when the network is silent for 30 s between us and PostgreSQL, everything is delivered when it is back',
    minutes,
    () => deliverAfterStall('PostgreSQL', undefined),
  );

  it.skipIf(rabbitMqIsMissing()).concurrent(
    'when the network is silent for 30 s between us and RabbitMQ, everything is delivered when it is back',
    minutes,
    async () => {
      const host = await aVirtualHost();
      await deliverAfterStall('RabbitMQ', host.url);
      await nothingIsUnacknowledged(host);
    },
  );

  it.concurrent(
    'when the network is silent for 30 s between us and PostgreSQL, whoever listens hears again',
    minutes,
    async ({ onTestFinished }) => {
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
      await line.stallFor(stallMs);
      // It is woken once by each new connection, for what came in between.
      await until('it listens again', async () => heard > 1);
      const before = heard;
      await pool.query('notify news');
      await until('it hears', async () => heard > before);
    },
  );

  it.concurrent('when a relay of the embedded broker is killed at each of its steps', minutes, () =>
    killEverywhere('relay', undefined),
  );
  it.concurrent('when a consumer of the embedded broker is killed at each of its steps', minutes, () =>
    killEverywhere('tickets.events', undefined),
  );
  it.skipIf(rabbitMqIsMissing()).concurrent(
    'when a relay to RabbitMQ is killed at each of its steps',
    minutes,
    async () => {
      const host = await aVirtualHost();
      await killEverywhere('relay', host.url);
      await nothingIsUnacknowledged(host);
    },
  );
  it.skipIf(rabbitMqIsMissing()).concurrent(
    'when a consumer of RabbitMQ is killed at each of its steps',
    minutes,
    async () => {
      const host = await aVirtualHost();
      await killEverywhere('witness', host.url);
      await nothingIsUnacknowledged(host);
    },
  );
});

async function killEverywhere(role: Order['role'], amqpUrl: string | undefined): Promise<void> {
  const { url, pool, drop } = await createTestDatabase();
  const broker = await openTestBroker(pool, amqpUrl);
  try {
    await addWitness(pool);
    await (await startMessaging({ url, amqpUrl })).stop();
    let killAt = 1;
    for (; await isKilled({ role, url, amqpUrl, killAt }, pool, broker); killAt++) {
      await finish({ url, amqpUrl }, pool);
    }
    await finish({ url, amqpUrl }, pool);
    const steps = Array.from({ length: killAt - 1 }, (_, nth) => ({ at: `step ${nth + 1}`, end: 'delivered, once' }));
    await listKillPoints(`${role} over ${amqpUrl ? 'RabbitMQ' : 'PostgreSQL'}`, steps);
    expect(killAt, 'steps survived').toBeGreaterThan(stepsMin);
  } finally {
    await broker.stop?.();
    await drop();
  }
}

/** Whether the process comes to the step at which it kills itself, when there is something for it to do. */
async function isKilled(order: Order, pool: pg.Pool, broker: Broker): Promise<boolean> {
  await announceSomething(pool, order.killAt);
  if (order.role !== 'relay') await relayPass(pool, 'events', broker);
  const child = spawn(process.execPath, [program, JSON.stringify(order)], {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: compiled },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code, signal] = await once(child, 'exit');
  if (signal === 'SIGKILL') return true;
  expect(code).toBe(0);
  return false;
}

async function announceSomething(pool: pg.Pool, nth: number): Promise<void> {
  const business = randomBusiness(seededRandom(nth), nth);
  const waiting = 'select from events.outbox where published_at is null';
  // A step of the business may be refused.
  while ((await pool.query(waiting)).rowCount === 0) await business.next(pool, systemClock);
}

/** A healthy process does what is left. */
async function finish(addresses: Addresses, pool: pg.Pool): Promise<void> {
  const healthy = await startMessaging(addresses);
  await allIsDelivered(pool).finally(healthy.stop);
  expect(healthy.parked).toEqual([]);
}

async function deliverAfterStall(between: 'PostgreSQL' | 'RabbitMQ', amqpUrl: string | undefined): Promise<void> {
  const { url, pool, drop } = await createTestDatabase();
  await addWitness(pool);
  const line = await openStallingProxy(between === 'PostgreSQL' ? url : (amqpUrl ?? ''));
  const shop = await startMessaging(between === 'PostgreSQL' ? { url: line.url, amqpUrl } : { url, amqpUrl: line.url });
  const business = startBusiness(pool);
  try {
    await until('the business runs', async () => business.told.things > 50);
    await line.stallFor(stallMs);
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
