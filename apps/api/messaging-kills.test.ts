import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Broker, relayPass } from '@ticketbuddy/messaging';
import { systemClock } from '@ticketbuddy/runtime';
import {
  createTestDatabase,
  rabbitMqIsMissing,
  seededRandom,
  startRabbitMq,
  type TestRabbitMq,
} from '@ticketbuddy/testing';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Order } from './test-killed-child.ts';
import { randomBusiness } from './test-messaging-business.ts';
import { addWitness } from './test-messaging-verdict.ts';
import { openTestBroker } from './test-messaging-witness.ts';
import { type Addresses, allIsDelivered, nothingIsUnacknowledged, startMessaging } from './test-messaging-world.ts';

const program = fileURLToPath(new URL('./test-killed-child.ts', import.meta.url));
// Of the shortest pass: begin, lock, mark, publish, commit.
const stepsMin = 9;
const minutes = { timeout: 240_000 };

describe('killed at each of its steps in turn, and nothing is lost or done twice:', () => {
  let server: TestRabbitMq | undefined;
  beforeAll(async () => {
    if (rabbitMqIsMissing()) return;
    server = await startRabbitMq();
    await server.ctl('add_vhost', 'consumer');
    await server.ctl('set_permissions', '-p', 'consumer', 'guest', '.*', '.*', '.*');
  }, 120_000);
  afterAll(() => server?.stop());

  it.concurrent('a relay of the embedded broker', minutes, () => killEverywhere('relay', undefined));
  it.concurrent('a consumer of the embedded broker', minutes, () => killEverywhere('tickets.events', undefined));
  it.skipIf(rabbitMqIsMissing()).concurrent('a relay to RabbitMQ', minutes, async () => {
    await killEverywhere('relay', server?.url);
    if (server) await nothingIsUnacknowledged(server);
  });
  it.skipIf(rabbitMqIsMissing()).concurrent('a consumer of RabbitMQ', minutes, async () => {
    await killEverywhere('tickets.events', `${server?.url}/consumer`);
    if (server) await nothingIsUnacknowledged(server, 'consumer');
  });
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
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: join(tmpdir(), 'ticketbuddy-compiled') },
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
