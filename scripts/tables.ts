// Writes contexts/<name>/tables.gen.ts, the types of each context's tables, from a freshly migrated database. With
// --verify nothing is written: the names of the files that would change go to the standard output, as JSON.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createPool, migrate, startEmbedded } from '@ticketbuddy/postgres';
import { readArguments } from './check/arguments.ts';
import { listContexts, verifyTables, writeTables } from './tables/tables.ts';

const root = join(import.meta.dirname, '..');
const { verify } = readArguments(
  { verify: { type: 'boolean' } },
  'npm run tables: writes contexts/*/tables.gen.ts from a freshly migrated database; with -- --verify only compares.',
);
await onFreshDatabase(verify ? verifyAll : writeAll);

async function writeAll(url: string): Promise<void> {
  for (const context of listContexts(root)) process.stdout.write(`${await writeTables(root, context, url)}\n`);
}

async function verifyAll(url: string): Promise<void> {
  const drifts = await Promise.all(listContexts(root).map((context) => verifyTables(root, context, url)));
  process.stdout.write(JSON.stringify(drifts.flat()));
}

async function onFreshDatabase(use: (url: string) => Promise<void>): Promise<void> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'ticketbuddy-tables-'));
  const server = await startEmbedded({ dataFolder, settings: { fsync: 'off' } });
  try {
    await migrateAll(server.url);
    await use(server.url);
  } finally {
    await server.stop();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

async function migrateAll(url: string): Promise<void> {
  const pool = createPool({ url, connections: 1 });
  const folderOf = (context: string) => pathToFileURL(join(root, 'contexts', context, 'migrations', '/'));
  try {
    await migrate(
      pool,
      listContexts(root).map((schema) => ({ schema, folder: folderOf(schema) })),
    );
  } finally {
    await pool.end();
  }
}
