import { startEmbedded } from '@ticketbuddy/postgres';
import { freePort } from '../replay/start-system.ts';
import type { Actor } from './actor.ts';

export type DatabaseActor = Actor & { readonly url: string };

/** A PostgreSQL server of its own, which may be stopped and started again at the same address. It is running already. */
export async function aDatabase(
  name: string,
  dataFolder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<DatabaseActor> {
  const port = await freePort();
  let server: Awaited<ReturnType<typeof startEmbedded>> | undefined = await startEmbedded({
    dataFolder,
    port,
    settings,
  });
  const { url } = server;
  return {
    name,
    url,
    log: () => '',
    isRunning: () => server !== undefined,
    async start() {
      server ??= await startEmbedded({ dataFolder, port, settings });
    },
    async end() {
      await server?.stop();
      server = undefined;
    },
  };
}
