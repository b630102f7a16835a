import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type pg from 'pg';
import type { Connection, Publisher } from 'rabbitmq-client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createTestDatabase, type TestDatabase, testDatabase } from '../database.ts';
import { rabbitMqIsMissing, type VirtualHost } from '../rabbitmq.ts';
import { connectTo } from '../rabbitmq-connection.ts';
import { openLine } from '../rabbitmq-line.ts';
import { redisIsMissing, startRedis, type TestRedis } from '../replay/redis.ts';
import { until } from '../until.ts';
import { aVirtualHost } from '../virtual-host.ts';
import { recordHistory } from './history.ts';
import { judge } from './judge.ts';
import { readRows } from './store.ts';
import { type Tap, tapMessages } from './tap.ts';
import { defects } from './test-defects.ts';
import { send } from './test-send.ts';
import { type Defect, makeTables, startTestShop } from './test-shop.ts';
import { startTraffic } from './traffic.ts';
import { describeVerdict, type Verdict } from './verdict.ts';

type Load = { readonly requests: number; readonly ratePerSecond: number };

let seeds = 0;

it('stops once, however often it is told to', async () => {
  const traffic = startTraffic({ urls: ['http://127.0.0.1:9'], history: recordHistory('Show'), seed: 1 });
  await Promise.all([traffic.stop(), traffic.stop()]);
  await expect(traffic.stop()).resolves.toBeUndefined();
});

describe.skipIf(rabbitMqIsMissing() || redisIsMissing())('traffic and judge', () => {
  let [redis, rabbit] = [] as unknown as [TestRedis, VirtualHost];
  let [connection, publisher] = [] as unknown as [Connection, Publisher];
  // The shops share one table and one exchange: each traffic knows its own names.
  let [database, tap] = [] as unknown as [TestDatabase, Tap];
  beforeAll(async () => {
    [redis, rabbit, database] = await Promise.all([startRedis(), aVirtualHost(), createTestDatabase()]);
    await makeTables(database.pool);
    tap = await tapMessages(rabbit.url);
    connection = connectTo(rabbit.url);
    publisher = connection.createPublisher({ confirm: true });
  });
  afterAll(async () => {
    await publisher.close();
    await connection.close();
    await tap.stop();
    await Promise.all([redis.stop(), database.drop()]);
  });

  it.each(defects)('finds out a shop that $what', async ({ faults, defect }) => {
    const verdict = await judgeShop(defect);
    const found = faults.filter((fault) => verdict.counts[fault] > 0);
    expect(found, describeVerdict(verdict)).not.toEqual([]);
  });

  it('finds nothing wrong with a shop that is right', async () => {
    const verdict = await judgeShop();
    expect(verdict.isClean, describeVerdict(verdict)).toBe(true);
  });

  it('finds nothing wrong with the legacy', async () => {
    const { url, pool } = await startLegacyProcess();
    const verdict = await judgeSystem(url, pool, { requests: 500, ratePerSecond: 200 });
    expect(verdict.isClean, describeVerdict(verdict)).toBe(true);
    expect(verdict.facts).toMatchObject({ writes: { refused: 0, failed: 0 }, redelivered: 0 });
    expect(verdict.facts.writes.acknowledged).toBeGreaterThan(50);
  });

  it('hears everything in order, though its line to the broker is cut meanwhile', async () => {
    const line = await openLine(rabbit.url);
    const own = await tapMessages(line.url);
    const publish = (name: string) => publisher.send(eventExchange, Buffer.from(messageJson(name)));
    const heard = () => own.messages.map(({ name }) => name);
    await publish('one');
    await until('the first is heard', async () => heard().length === 1);
    await line.cut();
    for (const name of ['two', 'three']) await publish(name);
    const again = await openLine(rabbit.url, Number(new URL(line.url).port));
    onTestFinished(() => own.stop().finally(() => again.cut()));
    await until('the others are heard', async () => heard().includes('three'));
    await own.drain(50);
    expect([...new Set(heard())]).toEqual(['one', 'two', 'three']);
  });

  it('is told when messages do not come to an end', async () => {
    await expect(tap.drain(1_000, 100)).rejects.toThrow('messages still came after 0.1 s');
  });

  async function judgeShop(defect?: Defect): Promise<Verdict> {
    const { pool } = database;
    const shop = await startTestShop({ pool, publisher }, defect);
    onTestFinished(() => shop.stop());
    return judgeSystem(shop.url, pool, { requests: 300, ratePerSecond: 300 });
  }

  async function judgeSystem(url: string, pool: pg.Pool, { requests, ratePerSecond }: Load): Promise<Verdict> {
    const seed = ++seeds;
    const history = recordHistory(`Show s${seed}`);
    await send({ urls: [url], seed, history, ratePerSecond, eventsAtFirst: 12 }, requests);
    const messages = await tap.drain(50);
    return judge(history, { legacy: await readRows(pool, 'legacy'), owner: 'legacy' }, messages);
  }

  async function startLegacyProcess() {
    const { url: databaseUrl, pool } = await testDatabase();
    const settings = { LEGACY_DATABASE_URL: databaseUrl, LEGACY_REDIS_URL: redis.url, AMQP_URL: rabbit.url, PORT: '0' };
    const program = new URL('../../apps/legacy/main.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [program], { env: { PATH: process.env.PATH, ...settings } });
    onTestFinished(async () => {
      if (child.kill('SIGKILL')) await once(child, 'exit');
    });
    let said = '';
    child.stdout.on('data', (piece) => {
      said += piece;
    });
    const url = await until('the legacy listens', async () => /Server listening at (http:\S+)/.exec(said)?.[1]);
    await until('the legacy serves', async () => (await fetch(`${url}/health`)).ok);
    return { url, pool };
  }
});

const eventExchange = { exchange: 'Integration.Events.Messaging:EventUpserted', durable: true };

function messageJson(eventName: string): string {
  const [startDate, endDate] = ['2041-01-01T20:00:00+02:00', '2041-01-01T22:00:00+02:00'];
  return JSON.stringify({
    messageId: eventName,
    message: { id: '', eventName, startDate, endDate, venue: 5, price: '1' },
  });
}
