import { StartError } from '@ticketbuddy/errors';
import pg from 'pg';
import { type EmbeddedServer, startEmbedded } from './embedded.ts';

export type ServerChoice = {
  /** Unset: the embedded server, its files in `dataFolder`. */
  readonly databaseUrl: string | undefined;
  readonly dataFolder: string;
  readonly onProgress?: (step: string) => void;
};

/** The server to use, known to answer. Throws a `StartError` when none can be reached or started. */
export async function openServer({ databaseUrl, dataFolder, onProgress }: ServerChoice): Promise<EmbeddedServer> {
  if (databaseUrl === undefined) return startEmbedded({ dataFolder, ...(onProgress && { onProgress }) });
  await reach('DATABASE_URL', databaseUrl);
  return { url: databaseUrl, stop: async () => undefined };
}

/** Throws a `StartError`, with the name of the setting that has the URL, when no database answers there. */
export async function reach(setting: string, url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    await client.query('select 1');
  } catch (error) {
    const { hostname, port, pathname } = new URL(url);
    throw new StartError(
      `${setting}: the database ${pathname.slice(1)} at ${hostname}:${port || 5432} cannot be reached (${reasonOf(error)}).`,
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

// The server's own words; of the system's errors the code, since some have no words.
function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  return error instanceof pg.DatabaseError ? message : (code ?? message);
}
