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
    legacyDatabaseUrl: undefined,
    legacyQueues: {},
    databaseConnections: 20,
    dataFolder: '',
    seed: false,
    modules: ['events', 'users', 'tickets'],
    logLevel: 'silent',
    numbers: {},
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
  // As everybody has to who changes seats: with the version of the sale, and with the ledger.
  await pool.query(
    `with ended as (
       select event_id, holder_id, hold_id, held_since, array_agg(number) as numbers, now() - interval '1 second' as until
       from tickets.holds join tickets.seats using (event_id, number) where $1::uuid[] is null or id = any($1)
       group by event_id, holder_id, hold_id, held_since
     ), moved as (
       update tickets.sales set version = version + 1 where event_id in (select event_id from ended)
       returning event_id, version
     )
     insert into tickets.ledger (event_id, version, nth, kind, numbers, user_id, hold_id, held_since, held_until, at)
     select event_id, version, row_number() over (partition by event_id), 'extended', numbers, holder_id, hold_id,
       held_since, until, now()
     from ended join moved using (event_id)`,
    [seatIds ?? null],
  );
}
