import type { Config } from '@ticketbuddy/config';
import { systemClock } from '@ticketbuddy/runtime';
import { createTestDatabase, startPathRouter, type TestDatabase } from '@ticketbuddy/testing';
import { pino } from 'pino';
import { startShop } from './shop.ts';
import { startProcess } from './test-process.ts';

/** An empty shop to test: its address, its database, and a way to let every hold come to its end. */
export type TestShop = {
  readonly url: string;
  readonly database: TestDatabase;
  endHolds(seatIds?: readonly string[]): Promise<void>;
  stop(): Promise<void>;
};

export type Shape = 'one process' | 'split';

export const shapes: readonly Shape[] = ['one process', 'split'];

export function startTestShop(shape: Shape): Promise<TestShop> {
  return shape === 'split' ? startSplitShop() : startWholeShop();
}

/** One process, with settings of its own where the test is about them. */
export async function startWholeShop(settings: Partial<Config> = {}): Promise<TestShop> {
  const database = await createTestDatabase();
  const config = {
    host: '127.0.0.1',
    port: 0,
    databaseUrl: database.url,
    amqpUrl: undefined,
    legacyQueues: {},
    databaseConnections: 20,
    dataFolder: '',
    seed: false,
    modules: ['events', 'users', 'tickets'],
    logLevel: 'silent',
    tracing: { endpoint: undefined, sampleRatio: 0.1, serviceName: 'ticketbuddy' },
    ...settings,
  };
  const shop = await startShop({ config, clock: systemClock, log: pino({ level: 'silent' }) });
  return {
    url: shop.url,
    database,
    endHolds: (seatIds) => endHolds(database, seatIds),
    async stop() {
      await shop.stop();
      await database.drop();
    },
  };
}

/** A shop of three processes, of which the one that sells can be ended and started again. */
export type SplitShop = TestShop & {
  endTickets(signal: NodeJS.Signals): Promise<void>;
  startTickets(): Promise<void>;
};

/** A process for each context; they share the database server and the messages. */
export async function startSplitShop(): Promise<SplitShop> {
  const database = await createTestDatabase();
  const start = (module: string) => startProcess({ DATABASE_URL: database.url, MODULES: module });
  const [events, users] = [start('events'), start('users')];
  let tickets = start('tickets');
  const urls = { events: await events.url, users: await users.url, tickets: await tickets.url };
  const router = await startPathRouter(urls);
  return {
    url: router.url,
    database,
    endHolds: (seatIds) => endHolds(database, seatIds),
    async endTickets(signal) {
      await tickets.end(signal);
    },
    async startTickets() {
      tickets = start('tickets');
      urls.tickets = await tickets.url;
    },
    async stop() {
      await router.stop();
      await Promise.all([events, users, tickets].map((shop) => shop.end('SIGTERM')));
      await database.drop();
    },
  };
}

// As if the time had come for these seats: no clock that a test could put forward reaches into another process.
async function endHolds({ pool }: TestDatabase, seatIds?: readonly string[]): Promise<void> {
  await pool.query(
    `update tickets.seats set held_until = now() - interval '1 second'
     where holder_id is not null and ($1::uuid[] is null or id = any($1))`,
    [seatIds ?? null],
  );
}
