import { createDatabase } from '@ticketbuddy/postgres/database';
import {
  aMessage,
  messagesOf,
  rabbitMqIsMissing,
  startRabbitMq,
  startTrial,
  type TestDatabase,
  type TestRabbitMq,
  type Trial,
  testDatabase,
} from '@ticketbuddy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from './message.ts';
import { retryDelaysMs } from './message.ts';
import { addToOutbox } from './outbox.ts';
import { prefetch } from './rabbitmq-broker.ts';
import { relayPass } from './relay.ts';
import { startRabbitBrokers } from './test-brokers.ts';

const limits = { delaysMs: retryDelaysMs, inHandsMax: prefetch, boundMs: 30_000 };
const keys = ['a', 'b', 'c', 'd'];

describe.skipIf(rabbitMqIsMissing())('RabbitMQ in trouble', () => {
  let server: TestRabbitMq;
  beforeAll(async () => {
    server = await startRabbitMq();
  }, 120_000);
  afterAll(() => server?.stop());

  it('nothing confirmed is lost while the server is stopped and started under load', { timeout: 90_000 }, () =>
    underLoad(async ({ restart }) => restart()),
  );

  it('nothing confirmed is lost when all connections are closed under load', { timeout: 90_000 }, () =>
    underLoad(async () => void (await server.ctl('close_all_connections', 'a test'))),
  );

  it('a queue that somebody deletes is made again, and what was published meanwhile is not confirmed', async () => {
    const trial = await aTrial();
    try {
      const queue = await trial.queue();
      await trial.broker.publish([aMessage({ urn: queue.urn })]);
      await server.ctl('delete_queue', queue.name);
      const again = aMessage({ urn: queue.urn });
      await expect(trial.broker.publish([again])).rejects.toThrow('No queue received');
      await trial.broker.publish([again]);
      const handled: string[] = [];
      trial.consume(trial.broker, queue, async ({ id }) => void handled.push(id));
      await trial.until('it is handled', () => handled.includes(again.id));
    } finally {
      await trial.end();
    }
  });

  it('while a queue is full the relay keeps its rows, and when there is room it publishes them', {
    timeout: 90_000,
  }, async () => {
    const { pool } = await testDatabase();
    const db = createDatabase<never>(pool);
    const trial = await aTrial();
    try {
      const queue = await trial.queue();
      const limits = JSON.stringify({ 'max-length': 3, overflow: 'reject-publish' });
      await server.ctl('set_policy', 'full', `^${queue.name}$`, limits, '--apply-to', 'queues');
      const messages = messagesOf(queue.urn, keys, 5);
      await trial.until('it is full', () => isRefused(trial.broker.publish([aMessage({ urn: queue.urn })])));
      for (const message of messages) await db.transaction((tx) => addToOutbox(tx, 'events', message));
      await expect(relayPass(pool, 'events', trial.broker)).rejects.toThrow();
      expect(await waiting(pool)).toBe(messages.length);
      await server.ctl('clear_policy', 'full');
      const handled = new Set<string>();
      trial.consume(trial.broker, queue, async ({ id }) => void handled.add(id));
      await trial.until('there is room', async () => !(await isRefused(relayPass(pool, 'events', trial.broker))));
      await trial.until('all are handled', () => messages.every(({ id }) => handled.has(id)));
      expect(await waiting(pool)).toBe(0);
      await trial.until('nothing is unacknowledged', async () => (await unacknowledged()) === 0);
    } finally {
      await trial.end();
    }
  });

  it('a message that a handler hangs on does not hold up the stop, and comes again', { timeout: 60_000 }, async () => {
    const trial = await aTrial();
    try {
      const queue = await trial.queue();
      const begun = new Set<string>();
      const hanging = trial.consume(trial.broker, queue, async ({ id }) => {
        begun.add(id);
        await trial.gate().opened;
      });
      const message = aMessage({ urn: queue.urn });
      await trial.broker.publish([message]);
      await trial.until('it is begun', () => begun.has(message.id));
      await hanging.stop();
      const handled = new Set<string>();
      const another = await trial.another();
      await another.declare([queue]);
      trial.consume(another, queue, async ({ id }) => void handled.add(id));
      await trial.until('another process handles it', () => handled.has(message.id));
      await trial.until('nothing is unacknowledged', async () => (await unacknowledged()) === 0);
    } finally {
      await trial.end();
    }
  });

  async function unacknowledged(): Promise<number> {
    const listed = await server.ctl('list_queues', '--no-table-headers', 'messages_unacknowledged');
    return listed
      .trim()
      .split('\n')
      .reduce((sum, count) => sum + Number(count), 0);
  }

  async function underLoad(trouble: (trial: Trial) => Promise<void>): Promise<void> {
    const trial = await aTrial();
    try {
      const queue = await trial.queue();
      const handled = new Set<string>();
      trial.consume(trial.broker, queue, async ({ id }) => void handled.add(id));
      const load = publishUntilTold(trial, queue.urn);
      await trial.until('the load runs', () => handled.size > 100);
      await trouble(trial);
      const before = load.confirmed.length;
      await trial.until('messages are confirmed again', () => load.confirmed.length > before + 100);
      await load.stop();
      await trial.until('all that was confirmed is handled', () => load.confirmed.every(({ id }) => handled.has(id)));
      await trial.until('nothing is unacknowledged', async () => (await unacknowledged()) === 0);
    } finally {
      await trial.end();
    }
  }

  function aTrial(): Promise<Trial> {
    return startTrial((surroundings) => startRabbitBrokers(server, surroundings), limits);
  }
});

const isRefused = (publishing: Promise<unknown>) =>
  publishing.then(
    () => false,
    () => true,
  );

async function waiting(pool: TestDatabase['pool']): Promise<number | null> {
  return (await pool.query('select from events.outbox where published_at is null')).rowCount;
}

/** Publishes one batch after the other, as the relay does: what was not confirmed is published again. */
function publishUntilTold({ broker }: Trial, urn: string) {
  const confirmed: Message[] = [];
  let told = false;
  const running = run();
  return {
    confirmed,
    async stop() {
      told = true;
      await running;
    },
  };

  async function run(): Promise<void> {
    while (!told) {
      const batch = messagesOf(urn, keys, 10);
      while (!(await isConfirmed(batch)) && !told);
    }
  }

  async function isConfirmed(batch: readonly Message[]): Promise<boolean> {
    return broker.publish(batch).then(
      () => {
        confirmed.push(...batch);
        return true;
      },
      () => false,
    );
  }
}
