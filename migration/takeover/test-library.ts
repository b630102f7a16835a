import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Side } from '@ticketbuddy/cutover';
import { compared, type TableMapping } from '@ticketbuddy/mapping';
import { compare } from '@ticketbuddy/parity';
import { createPool, startEmbedded } from '@ticketbuddy/postgres';
import { createTestDatabase, type TestDatabase } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, onTestFinished } from 'vitest';
import { abandonTakeover } from './abandon.ts';
import { moverUrl } from './mover.ts';
import type { Place, Takeover, UnitPlan } from './takeover.ts';
import { startWorker, type Worker, type WorkerOptions } from './worker.ts';

const books: TableMapping = {
  legacy: { schema: 'Library', name: 'Book', key: ['BookId'] },
  next: { schema: 'library', name: 'books', key: ['id'] },
  columns: [
    { legacy: 'BookId', next: 'id', kind: 'uuid', legacyType: 'uuid' },
    { legacy: 'Title', next: 'title', kind: 'text', legacyType: 'text' },
    {
      legacy: 'WeightKg',
      next: 'weight_g',
      kind: 'integer',
      legacyType: 'numeric',
      nextType: 'int',
      toNext: (kilos) => `(${kilos} * 1000)::int`,
      toLegacy: (grams) => `(${grams} / 1000.0)::numeric`,
      readAgain: (kilos) => `${Math.round(Number(kilos) * 1_000)}`,
    },
    { legacy: 'Added', next: 'added_at', kind: 'timestamptz', legacyType: 'timestamptz' },
  ],
};

const loans: TableMapping = {
  legacy: { schema: 'Library', name: 'Loan', key: ['LoanId'] },
  next: { schema: 'library', name: 'loans', key: ['id'] },
  columns: [
    { legacy: 'LoanId', next: 'id', kind: 'uuid', legacyType: 'uuid' },
    { legacy: 'BookId', next: 'book_id', kind: 'uuid', legacyType: 'uuid' },
    { legacy: 'Returned', next: 'is_returned', kind: 'boolean', legacyType: 'boolean' },
  ],
};

let takeovers = 0;

/** Two systems that lend books, each with tables of its own form, and nothing of a move yet. */
export async function aLibrary(options: LibraryOptions = {}): Promise<Library> {
  const library = await openLibrary(options);
  onTestFinished(() => library.drop());
  return library;
}

export type LibraryOptions = {
  /** Answers the URL of the role that moves the legacy's rows. */
  readonly legacyMover?: (legacy: TestDatabase) => Promise<string>;
  /** The legacy is on a server that keeps no logical log, with nothing else. */
  readonly isWithoutLog?: boolean;
  readonly byTriggers?: readonly Side[];
};

export type Library = { readonly takeover: Takeover; readonly legacy: pg.Pool; readonly next: pg.Pool };

/** The same for several tests, to be dropped after them. */
export async function openLibrary(options: LibraryOptions = {}): Promise<Library & { drop(): Promise<void> }> {
  const { legacyMover = ({ pool, url }) => moverUrl(pool, url), isWithoutLog = false, byTriggers = [] } = options;
  const legacy = await (isWithoutLog ? databaseWithoutLog() : createTestDatabase());
  const next = await createTestDatabase();
  await legacy.pool.query(`
    create schema "Library";
    create table "Library"."Book" ("BookId" uuid primary key, "Title" text, "WeightKg" numeric, "Added" timestamptz);
    create table "Library"."Loan" ("LoanId" uuid primary key, "BookId" uuid not null, "Returned" boolean)`);
  await next.pool.query(`
    create schema library;
    create table library.books (id uuid primary key, title text, weight_g int, added_at timestamptz);
    create table library.loans (id uuid primary key, book_id uuid not null, is_returned boolean)`);
  const streams = `library_${process.pid}_${++takeovers}`;
  const plan: UnitPlan = { unit: 'library', tables: [books, loans], streams, byTriggers };
  const places = { legacy: placeAt(await legacyMover(legacy)), next: placeAt(await moverUrl(next.pool, next.url)) };
  const takeover: Takeover = { plan, places };
  const drop = async () => {
    await abandonTakeover(takeover);
    await Promise.all([places.legacy.pool.end(), places.next.pool.end()]);
    await Promise.all([legacy.drop(), next.drop()]);
  };
  return { takeover, legacy: legacy.pool, next: next.pool, drop };
}

/** A role that has only what a takeover needs, and is no superuser. */
export const leastRights = { mover: `library_mover_${process.pid}`, owner: `library_owner_${process.pid}` };

export async function leastMover({ pool, url }: TestDatabase): Promise<string> {
  const { mover, owner } = leastRights;
  await pool.query(`
    drop role if exists ${mover}; drop role if exists ${owner};
    create role ${owner};
    create role ${mover} login replication password 'library' in role ${owner};
    alter schema "Library" owner to ${owner};
    alter table "Library"."Book" owner to ${owner};
    alter table "Library"."Loan" owner to ${owner};
    grant execute on function pg_replication_origin_create(text), pg_replication_origin_session_setup(text),
      pg_replication_origin_oid(text), pg_replication_origin_drop(text), pg_replication_origin_session_is_setup() to ${mover};
    do $$ begin execute format('grant create on database %I to ${mover}', current_database()); end $$`);
  const own = new URL(url);
  own.username = mover;
  own.password = 'library';
  return own.toString();
}

/** As the programs of the two sides write: a book and its loan in one transaction. Answers the book's id. */
export async function lend({ legacy }: Library): Promise<string> {
  const id = randomUUID();
  await legacy.query(
    `with book as (insert into "Library"."Book" values ($1, $2, 0.450, clock_timestamp()))
     insert into "Library"."Loan" values (gen_random_uuid(), $1, false)`,
    [id, `Book ${id}`],
  );
  return id;
}

/** The same in the new system, which says in which epoch it writes. */
export async function lendHere({ next }: Library, epoch: number): Promise<string> {
  const id = randomUUID();
  const client = await next.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('ticketbuddy.epoch', $1, true)`, [`${epoch}`]);
    await client.query(`insert into library.books values ($1, $2, 450, clock_timestamp())`, [id, `Book ${id}`]);
    await client.query('insert into library.loans values (gen_random_uuid(), $1, false)', [id]);
    await client.query('commit');
    return id;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

/** What the two sides hold, table by table: `same` or how they differ. */
export async function comparison({ takeover: { plan, places } }: Library) {
  const sides = { source: places.legacy.pool, target: places.next.pool };
  const verdicts = [];
  for (const table of plan.tables) verdicts.push(await compare(sides, compared(table)));
  return verdicts;
}

/** Carries its rows until the test has finished, or it is stopped; what fails meanwhile fails the test. */
export async function aWorker({ takeover }: Library, options: Partial<WorkerOptions> = {}): Promise<Worker> {
  const errors: unknown[] = [];
  const worker = await startWorker(takeover, { ...options, onError: (where, error) => errors.push([where, error]) });
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= worker.stop());
  onTestFinished(async () => {
    await stop();
    expect(errors).toEqual([]);
  });
  return { stop };
}

function placeAt(url: string): Place {
  return { url, pool: createPool({ url, connections: 12 }) };
}

async function databaseWithoutLog(): Promise<TestDatabase> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'ticketbuddy-legacy-'));
  const settings = { fsync: 'off', wal_level: 'replica', max_connections: '100' };
  const { url, stop } = await startEmbedded({ dataFolder, settings });
  const pool = createPool({ url, connections: 20 });
  const drop = async () => {
    await pool.end();
    await stop();
    await rm(dataFolder, { recursive: true, force: true, maxRetries: 5 });
  };
  return { url, pool, drop };
}
