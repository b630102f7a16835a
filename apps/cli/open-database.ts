import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { StartError } from '@ticketbuddy/errors';
import { createPool, DataFolderTaken, findEmbedded, openServer } from '@ticketbuddy/postgres';
import type pg from 'pg';
import type { Context } from './context.ts';

export type OpenDatabase = AsyncDisposable & { readonly url: string; readonly pool: pg.Pool };

/**
 * The shop's database: at DATABASE_URL, in the process that runs on the data folder, or else opened from the folder for
 * as long as the command takes. Throws a `StartError` when there is no way to it.
 */
export async function openDatabase(context: Context): Promise<OpenDatabase> {
  const server = await findServer(context, Date.now() + startsWithinMs);
  const pool = createPool({ url: server.url, connections: context.config.databaseConnections });
  return {
    url: server.url,
    pool,
    async [Symbol.asyncDispose]() {
      await pool.end();
      await server.stop();
    },
  };
}

/** For commands that look only: opening a data folder without a database would make one. */
export function refuseWithoutDatabase({ config: { databaseUrl, dataFolder } }: Context, lack: string): void {
  if (databaseUrl !== undefined || existsSync(join(dataFolder, 'postgres'))) return;
  throw new StartError(
    `${lack}: ${dataFolder} holds no database; start the shop once, or set TICKETBUDDY_DATA or DATABASE_URL to where its data is.`,
  );
}

type Server = { readonly url: string; stop(): Promise<void> };

const startsWithinMs = 30_000;
const lookEveryMs = 100;

async function findServer(context: Context, until: number): Promise<Server> {
  const { config, terminal } = context;
  terminal.interrupted.throwIfAborted();
  const running = config.databaseUrl === undefined ? await findEmbedded(config.dataFolder) : undefined;
  if (running !== undefined) return { url: running, stop: async () => undefined };
  try {
    return await openServer({ ...config, onProgress: terminal.status });
  } catch (error) {
    if (!(error instanceof DataFolderTaken) || Date.now() > until) throw error;
  }
  // The process that has the folder is about to say where its server is, or about to end.
  terminal.status('Waiting for the shop to start');
  await pause(lookEveryMs);
  return findServer(context, until);
}
