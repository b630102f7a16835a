import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createEdgeTables, Edge } from '@ticketbuddy/cutover';
import { StartError } from '@ticketbuddy/errors';
import { createPool, PostgresNotifications } from '@ticketbuddy/postgres';
import { startGateway } from './gateway.ts';
import { readSettings, type Settings } from './settings.config.ts';

try {
  const stop = await start(readSettings());
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await stop();
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function start({ host, port, legacyUrl, nextUrl, databaseUrl, units }: Settings): Promise<() => Promise<void>> {
  const pool = createPool({ url: databaseUrl, connections: 4 });
  const notifications = new PostgresNotifications(databaseUrl);
  await createEdgeTables(pool);
  const edge = new Edge({ pool, notifications, name: `gateway ${randomUUID().slice(0, 8)}`, units });
  await notifications.start();
  await edge.start();
  const gateway = await startGateway({ host, port, urls: { legacy: legacyUrl, next: nextUrl }, edge, units });
  console.log(`Server listening at ${gateway.url}`);
  return async () => {
    await gateway.stop();
    await edge.stop();
    await notifications.stop();
    await pool.end();
  };
}
