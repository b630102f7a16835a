import { once } from 'node:events';
import { join } from 'node:path';
import { relayPass } from '@ticketbuddy/messaging';
import { createRabbitBroker } from '@ticketbuddy/messaging/rabbitmq';
import {
  openExchange,
  openLine,
  rabbitMqIsMissing,
  redisIsMissing,
  startRabbitMq,
  startRedis,
  type TestRabbitMq,
  type TestRedis,
  until,
} from '@ticketbuddy/testing';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Process, start, ticketbuddy } from './test-cli.ts';
import { aGatewayThatHolds, bothSidesAlone, isThere } from './test-migrate.ts';

const launcher = join(import.meta.dirname, 'ticketbuddy.mjs');
const legacyMain = join(import.meta.dirname, '..', 'legacy', 'main.ts');
const exchange = 'Integration.Events.Messaging:EventUpserted';

describe.skipIf(rabbitMqIsMissing() || redisIsMissing())(
  'an event that the legacy has stored and was killed before it told of it',
  () => {
    let [redis, rabbit] = [] as unknown as [TestRedis, TestRabbitMq];
    beforeAll(async () => {
      [redis, rabbit] = await Promise.all([startRedis(), startRabbitMq()]);
    });
    afterAll(() => Promise.all([redis?.stop(), rabbit?.stop()]));

    it('is named, and told by the new system as the legacy tells, once', { timeout: 400_000 }, async () => {
      const { settings, legacy, next } = await bothSidesAlone();
      const known = { ...settings, AMQP_URL: rabbit.url };
      const migrate = (...words: string[]) => ticketbuddy(['migrate', ...words], known);
      const line = await openLine(rabbit.url);
      const program = await startLegacy(legacy.url, line.url);
      const events = await openExchange(rabbit.url, exchange);
      onTestFinished(() => events.close());
      const worker = start([launcher, 'migrate', 'start'], known);
      onTestFinished(() => void worker.kill('SIGKILL'));
      await until('a gateway can say that it is there', () => isThere(next.pool, 'ticketbuddy_migration.edges'));
      await aGatewayThatHolds(next.pool);
      await until('it is heard', async () => /all of 0 changed rows were told/.test((await migrate('status')).out));

      expect((await announce(program.url, 'Told')).status).toBe(201);
      await line.cut();
      const lost = announce(program.url, 'Untold').catch(() => 'no answer');
      const id = await until('the row is stored', () => idOf(legacy.pool, 'Untold'));
      program.kill();
      expect(await lost).toBe('no answer');

      const named = `1 of 2 changed rows was never told by the legacy as it is: ${id}`;
      await until('it is named and all gates are open', async () => {
        const { code, out } = await migrate('status');
        return code === 0 && out.includes(named);
      });
      await until('it is moved', async () => (await migrate('switch', 'events', '--confirm', 'events')).code === 0);
      expect((await migrate('journal')).out).toContain(`"evidence":"${named}"`);
      await relay(next.pool, rabbit.url);
      await until('both are heard', async () => events.heard.length >= 2);
      const [told, untold] = events.heard.map((text) => JSON.parse(text));
      expect(Object.keys(untold)).toEqual(Object.keys(told));
      expect(untold.messageType).toEqual(told.messageType);
      const [startDate, endDate] = ['2041-01-01T10:00:00+00:00', '2041-01-01T10:30:00+00:00'];
      expect(untold.message).toEqual({ ...told.message, id, eventName: 'Untold', startDate, endDate });
      expect(Object.keys(untold.headers)).toEqual(['TicketBuddy-Key']);
      expect(events.heard).toHaveLength(2);

      worker.kill('SIGTERM');
      await once(worker, 'exit');
      expect((await migrate('abandon', 'events', '--confirm', 'events')).code).toBe(0);
      expect(await rabbit.ctl('list_queues', 'name')).not.toContain('ticketbuddy.tap');
    });

    async function startLegacy(databaseUrl: string, amqpUrl: string) {
      const settings = { LEGACY_DATABASE_URL: databaseUrl, LEGACY_REDIS_URL: redis.url, AMQP_URL: amqpUrl, PORT: '0' };
      const child: Process = start([legacyMain], settings);
      const kill = () => void child.kill('SIGKILL');
      onTestFinished(kill);
      let said = '';
      child.stdout.on('data', (piece) => {
        said += piece;
      });
      const url = await until('the legacy listens', async () => /Server listening at (http:\S+)/.exec(said)?.[1]);
      await until('the legacy serves', async () => (await fetch(`${url}/health`)).ok);
      return { url, kill };
    }
  },
);

function announce(url: string, name: string): Promise<Response> {
  const hour = name === 'Told' ? '20' : '10';
  const [StartDate, EndDate] = [`2041-01-01T${hour}:00:00Z`, `2041-01-01T${hour}:30:00Z`];
  const body = JSON.stringify({ EventName: name, StartDate, EndDate, Venue: 5, Price: '25.50' });
  return fetch(`${url}/events`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

async function idOf(pool: pg.Pool, name: string): Promise<string | undefined> {
  const { rows } = await pool.query('select "Id" as id from "Event"."Events" where "EventName" = $1', [name]);
  return rows[0]?.id;
}

async function relay(pool: pg.Pool, url: string): Promise<void> {
  const sender = { machineName: 'm', processName: 'p', processId: 1, address: 'rabbitmq://localhost/p?temporary=true' };
  const ignore = () => undefined;
  const report = { failed: ignore, parked: ignore, disconnected: ignore };
  const broker = await createRabbitBroker({ url, sender, report, isTransient: () => true });
  while ((await relayPass(pool, 'events', broker)) > 0);
  await broker.stop();
}
