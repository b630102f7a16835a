import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brokerMigrations, type Message } from '@ticketbuddy/messaging';
import { createPool, migrate } from '@ticketbuddy/postgres';
import { aVirtualHost, rabbitMqIsMissing, until, type VirtualHost } from '@ticketbuddy/testing';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { everyModule } from './modules.ts';
import { addWitness } from './test-messaging-verdict.ts';
import { openTestBroker } from './test-messaging-witness.ts';
import { allIsDelivered, nothingIsUnacknowledged, startBusiness, startMessaging } from './test-messaging-world.ts';
import { startTestServer, type TestServer } from './test-server.ts';

const run = promisify(execFile);
const minutes = { timeout: 240_000 };
const attemptsMax = 3;
// What pages that were begun have room for.
const moreThanFitsIn = 600;
const smallBytes = 64_000_000;

describe('relay and consumers wait while the database takes nothing, and go on by themselves:', () => {
  let server: TestServer;
  let rabbit: VirtualHost | undefined;
  beforeAll(async () => {
    [server, rabbit] = await Promise.all([startTestServer(), rabbitMqIsMissing() ? undefined : aVirtualHost()]);
  }, 120_000);
  afterAll(() => server?.remove());

  it('it is read-only for a while', minutes, async () => {
    const shops = await openShops('');
    await onServer("alter system set default_transaction_read_only = 'on'", 'select pg_reload_conf()');
    await Promise.all(shops.map((shop) => shop.fails('25006')));
    await onServer("alter system set default_transaction_read_only = 'off'", 'select pg_reload_conf()');
    await Promise.all(shops.map((shop) => shop.goesOn()));
    if (rabbit) await nothingIsUnacknowledged(rabbit);
  });

  it('its disk is full for a while', minutes, async ({ skip }) => {
    const disk = await mountSmallDisk(server.dataFolder);
    if (!disk) return skip('a small disk cannot be mounted here');
    await onServer(`create tablespace small location '${disk}'`);
    const shops = await openShops('tablespace small');
    const ballast = join(disk, 'ballast');
    await writeFile(ballast, Buffer.alloc(smallBytes)).catch(() => undefined);
    await Promise.all(shops.map((shop) => shop.fails('53100')));
    await rm(ballast);
    await Promise.all(shops.map((shop) => shop.goesOn()));
    if (rabbit) await nothingIsUnacknowledged(rabbit);
  });

  /** A shop for each broker, in business. */
  async function openShops(where: string) {
    const amqpUrls = [undefined, ...(rabbit ? [rabbit.url] : [])];
    return Promise.all(amqpUrls.map((amqpUrl) => openShop(where, amqpUrl)));
  }

  async function openShop(where: string, amqpUrl: string | undefined) {
    const name = `shop_${crypto.randomUUID().slice(0, 8)}`;
    await onServer(`create database ${name} ${where}`);
    const url = server.url.replace(/[^/]*$/, name);
    const pool = createPool({ url, connections: 4 });
    await migrate(pool, [brokerMigrations, ...everyModule.map(({ migrations }) => migrations)]);
    await addWitness(pool);
    const messaging = await startMessaging({ url, amqpUrl });
    const business = startBusiness(pool);
    onTestFinished(async () => {
      await business.stop();
      await messaging.stop();
      await pool.end();
      await onServer(`drop database ${name} with (force)`);
    });
    await until('the business runs', async () => business.told.things > 20);
    return {
      async fails(code: string) {
        const isRefused = (failure: unknown) => (failure as { code?: unknown }).code === code;
        await until('the database refuses', async () => business.told.failures.some(isRefused));
        await deliver(pool, amqpUrl);
        // More often than a message is tried that fails for a lasting reason.
        const isTriedOn = () => Math.max(0, ...messaging.failures.values()) > attemptsMax;
        if (amqpUrl) await until('messages fail, again and again', async () => isTriedOn());
      },
      async goesOn() {
        const before = business.told.things;
        await until('the business goes on', async () => business.told.things > before + 20);
        await business.stop();
        await allIsDelivered(pool);
        expect(messaging.parked).toEqual([]);
      },
    };
  }

  async function onServer(...statements: readonly string[]): Promise<void> {
    const pool = createPool({ url: server.url, connections: 1 });
    for (const statement of statements) await pool.query(statement);
    await pool.end();
  }
});

/** Over RabbitMQ messages come even while the database takes nothing: old news, which no inbox knows. */
async function deliver(pool: pg.Pool, amqpUrl: string | undefined): Promise<void> {
  if (amqpUrl === undefined) return;
  const { rows } = await pool.query<Message>(
    'select urn, key, version, sent_at as "sentAt", body from events.outbox order by position limit 1',
  );
  const broker = await openTestBroker(pool, amqpUrl);
  await broker.publish(
    Array.from({ length: moreThanFitsIn }, () => ({ ...(rows[0] as Message), id: crypto.randomUUID() })),
  );
  await broker.stop?.();
}

/** Answers the folder, or `undefined` where this account may not mount. */
async function mountSmallDisk(dataFolder: string): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'ticketbuddy-small-'));
  const { uid, gid } = await stat(join(dataFolder, 'postgres'));
  const options = `size=${smallBytes},mode=0700,uid=${uid},gid=${gid}`;
  const isMounted = await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).then(
    () => true,
    () => false,
  );
  onTestFinished(async () => {
    if (isMounted) await run('umount', ['--lazy', folder]);
    await rm(folder, { recursive: true });
  });
  return isMounted ? folder : undefined;
}
