import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Bus } from './bus.ts';
import { startConsumers } from './consumers.ts';
import type { Deps } from './deps.ts';
import { openRedis } from './holds.ts';
import { createHttpServer } from './http-server.ts';
import { routesOf } from './routes.ts';
import type { Settings } from './settings.config.ts';
import { openDatabase, ping } from './store.ts';

export type Legacy = {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Finishes what is running, for at most 5 s, and closes everything. */
  stop(): Promise<void>;
};

const finishMsMax = 5_000;

/**
 * Starts the stand-in. It serves when the database can be used, also while Redis or RabbitMQ are away, as the legacy does.
 * Throws a `StartError` when the database cannot be reached.
 */
export async function startLegacy(settings: Settings): Promise<Legacy> {
  const pool = await openDatabase(settings.databaseUrl);
  const deps = { pool, redis: openRedis(settings.redisUrl), bus: new Bus(settings.amqpUrl) };
  startConsumers(deps);
  const server = createHttpServer(routesOf(deps), () => isHealthy(deps));
  server.listen(settings.port, settings.host);
  await once(server, 'listening');
  const { address, port, family } = server.address() as AddressInfo;
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  return { url, stop: () => stop(server, deps) };
}

async function isHealthy({ pool, redis, bus }: Deps): Promise<boolean> {
  if (!bus.isReady || redis.status !== 'ready') return false;
  return ping(pool).then(
    () => true,
    () => false,
  );
}

async function stop(server: Server, { pool, redis, bus }: Deps): Promise<void> {
  const closed = once(server, 'close');
  // A connection that is busy now is not kept for another request.
  server.keepAliveTimeout = 1;
  server.close();
  server.closeIdleConnections();
  await Promise.race([closed, sleep(finishMsMax, undefined, { ref: false })]);
  server.closeAllConnections();
  await bus.stop();
  redis.disconnect();
  await pool.end();
}
