import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPool, startEmbedded } from '@ticketbuddy/postgres';
import type pg from 'pg';
import { endWhenInterrupted } from './interrupted.ts';
import { type Running, startShop } from './processes.ts';
import { Records } from './selling-records.ts';

export type SellingShop = {
  /** Of each of its processes. */
  readonly urls: readonly string[];
  readonly pids: readonly number[];
  readonly databaseUrl: string;
  readonly pool: pg.Pool;
  /** What its buyers were told. */
  readonly records: Records;
  stop(): Promise<void>;
};

export type Databases = Awaited<ReturnType<typeof startDatabases>>;

/** One PostgreSQL as `npm start` runs it, so that a commit is on disk, for databases by name. */
export async function startDatabases() {
  const folder = await mkdtemp(join(tmpdir(), 'ticketbuddy-bench-'));
  const server = await startEmbedded({ dataFolder: folder });
  const end = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  endWhenInterrupted(end);
  const admin = createPool({ url: server.url, connections: 1 });
  const users: (() => Promise<unknown>)[] = [];
  return {
    /** A new database. Answers its url. */
    async create(name: string): Promise<string> {
      await admin.query(`create database ${name}`);
      return server.url.replace(/[^/]*$/, name);
    },
    /** What uses a database, and has to be ended before it; it may have ended by then. */
    usedBy(end: () => Promise<unknown>): void {
      users.push(end);
    },
    version: (await admin.query('show server_version')).rows[0].server_version as string,
    async stop(): Promise<void> {
      await Promise.allSettled(users.map((end) => end()));
      await admin.end();
      await end();
    },
  };
}

/** A shop of some processes on a new database, each as `npm start` runs it. */
export async function openShop(
  databases: Databases,
  name: string,
  { processes = 1, settings = {} }: { readonly processes?: number; readonly settings?: Record<string, string> } = {},
): Promise<SellingShop> {
  const url = await databases.create(name);
  const running: Running[] = [];
  // One after the other: the first makes the tables.
  for (let nth = 0; nth < processes; nth++) running.push(await startShop({ ...settings, DATABASE_URL: url }));
  const pool = createPool({ url, connections: 4 });
  const stop = once(async () => {
    await pool.end();
    await Promise.all(running.map((one) => one.stop()));
  });
  databases.usedBy(stop);
  return {
    urls: running.map((shop) => shop.url),
    pids: running.map((shop) => shop.pid),
    databaseUrl: url,
    pool,
    records: new Records(),
    stop,
  };
}

/** Does it at the first call, and only then. */
export function once(act: () => Promise<void>): () => Promise<void> {
  let acting: Promise<void> | undefined;
  return () => {
    acting ??= act();
    return acting;
  };
}
