import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { systemClock } from '@ticketbuddy/runtime';
import { createTestDatabase, startPathRouter, type TestDatabase } from '@ticketbuddy/testing';
import { pino } from 'pino';
import { startShop } from './shop.ts';

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

async function startWholeShop(): Promise<TestShop> {
  const database = await createTestDatabase();
  const config = {
    host: '127.0.0.1',
    port: 0,
    databaseUrl: database.url,
    databaseConnections: 20,
    dataFolder: '',
    seed: false,
    modules: ['events', 'users', 'tickets'],
    logLevel: 'silent',
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

/** A process for each context; they share the database server and the messages. */
async function startSplitShop(): Promise<TestShop> {
  const database = await createTestDatabase();
  const processes = await Promise.all(['events', 'users', 'tickets'].map((name) => startProcess(name, database.url)));
  const [events = '', users = '', tickets = ''] = processes.map(({ url }) => url);
  const router = await startPathRouter({ events, users, tickets });
  return {
    url: router.url,
    database,
    endHolds: (seatIds) => endHolds(database, seatIds),
    async stop() {
      await router.stop();
      await Promise.all(processes.map(({ stop }) => stop()));
      await database.drop();
    },
  };
}

async function startProcess(modules: string, databaseUrl: string) {
  const child = spawn(process.execPath, [new URL('./main.ts', import.meta.url).pathname], {
    env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl, MODULES: modules, PORT: '0', TICKETBUDDY_SEED: 'off' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const url = await addressOf(child, modules);
  const stop = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  return { url, stop };
}

async function addressOf(child: ChildProcess, modules: string): Promise<string> {
  const said: string[] = [];
  child.stderr?.on('data', (piece: Buffer) => said.push(piece.toString()));
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const url = /Server listening at (http:[^"]+)/.exec(line)?.[1];
    if (url !== undefined) return url;
    said.push(line);
  }
  throw new Error(`the process of ${modules} did not start:\n${said.join('\n')}`);
}

// As if the time had come for these seats: no clock that a test could put forward reaches into another process.
async function endHolds({ pool }: TestDatabase, seatIds?: readonly string[]): Promise<void> {
  await pool.query(
    `update tickets.seats set held_until = now() - interval '1 second'
     where holder_id is not null and ($1::uuid[] is null or id = any($1))`,
    [seatIds ?? null],
  );
}
