import { resolve } from 'node:path';
import pg from 'pg';
import { findBinaries } from './embedded-binaries.ts';
import { initialise } from './embedded-cluster.ts';
import { dataFiles } from './embedded-files.ts';
import { stopLeftovers } from './embedded-leftovers.ts';
import { findOwner, type Ownership, ownFolder } from './embedded-lock.ts';
import { startPostmaster } from './embedded-postmaster.ts';
import { accountFor } from './embedded-program.ts';

export { DataFolderTaken } from './embedded-lock.ts';

export type EmbeddedOptions = {
  /** Created, for its owner only, when it does not exist. */
  readonly dataFolder: string;
  /** Where it listens; any free port when left out. */
  readonly port?: number;
  /** Called with a short sentence at each step that may take long. */
  readonly onProgress?: (step: string) => void;
  /** PostgreSQL settings by name, over the ones this package chooses. */
  readonly settings?: Readonly<Record<string, string>>;
};

export type EmbeddedServer = {
  /** `postgres://postgres:<password>@127.0.0.1:<port>/ticketbuddy` */
  readonly url: string;
  /** Ends the server: running transactions are rolled back, committed ones are on disk. May be called again. */
  stop(): Promise<void>;
};

/**
 * Starts a PostgreSQL server of our own on 127.0.0.1, whose files are under `dataFolder`/postgres; the first start on
 * a folder initialises it. A start that was killed at any point is mended by the next one, and a server whose owner
 * was killed is stopped first. Throws `DataFolderTaken` while another live process owns the folder, and `StartError`,
 * one sentence each, when the machine cannot run the server.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const dataFolder = resolve(options.dataFolder);
  const ownership = await ownFolder(dataFolder);
  try {
    return await startOwned(dataFolder, options, ownership);
  } catch (error) {
    ownership.release();
    throw error;
  }
}

/**
 * The url of the server that a running process, this one or another, has started on this folder; `undefined` when
 * there is none or it is not ready. For commands beside a running shop.
 */
export async function findEmbedded(dataFolder: string): Promise<string | undefined> {
  return findOwner(resolve(dataFolder))?.url;
}

async function startOwned(dataFolder: string, options: EmbeddedOptions, ownership: Ownership): Promise<EmbeddedServer> {
  const { onProgress = () => undefined, port, settings = {} } = options;
  const files = dataFiles(dataFolder);
  const account = await accountFor(files.data);
  const binaries = await findBinaries(account, onProgress);
  await stopLeftovers(files, onProgress);
  const password = await initialise({ files, account, binaries, durable: settings.fsync !== 'off', onProgress });
  const postmaster = await startPostmaster({ files, account, binaries, port, settings, onProgress });
  const url = `postgres://postgres:${password}@127.0.0.1:${postmaster.port}/ticketbuddy`;
  const stop = once(async () => {
    await postmaster.stop();
    ownership.release();
  });
  await createDatabaseIfMissing(url).catch(async (error) => {
    await stop();
    throw error;
  });
  ownership.publish(url);
  return { url, stop };
}

function once(act: () => Promise<void>): () => Promise<void> {
  let acting: Promise<void> | undefined;
  return () => (acting ??= act());
}

async function createDatabaseIfMissing(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url.replace(/[^/]*$/, 'postgres') });
  // A connection that breaks rejects what waits for it; without a listener it would also end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const found = await client.query("SELECT 1 FROM pg_database WHERE datname = 'ticketbuddy'");
    if (found.rowCount === 0) await client.query('CREATE DATABASE ticketbuddy');
  } finally {
    await client.end();
  }
}
