import { randomUUID } from 'node:crypto';
import { createEdgeTables, Edge } from '@ticketbuddy/cutover';
import { createPool, PostgresNotifications, reach } from '@ticketbuddy/postgres';
import { startAdmin } from './admin.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { type OpenReads, openReads, readPlansOf } from './open-reads.ts';
import type { Settings } from './settings.config.ts';

/** Starts the gateway with all that it stands on; answers what stops it. */
export async function start(settings: Settings): Promise<() => Promise<void>> {
  await reach('DATABASE_URL', settings.databaseUrl);
  await using stack = new AsyncDisposableStack();
  const name = `gateway ${randomUUID().slice(0, 8)}`;
  const pool = createPool({ url: settings.databaseUrl, connections: 4 });
  stack.defer(() => pool.end());
  await createEdgeTables(pool);
  const notifications = new PostgresNotifications(settings.databaseUrl);
  stack.defer(() => notifications.stop());
  const edge = new Edge({ pool, notifications, name, units: settings.units });
  await notifications.start();
  await edge.start();
  stack.defer(() => edge.stop());
  const urls = { legacy: settings.legacyUrl, next: settings.nextUrl };
  const plans = readPlansOf(settings.units);
  const opened = await openReads({ ...settings, pool, urls, name, plans, onError: tellOnce() });
  stack.defer(() => opened.stop());
  const own: Own = { opened };
  if (settings.adminPort !== undefined) stack.use(await openAdmin(settings.host, settings.adminPort, own));
  const gateway = await startGateway({ ...settings, ...opened, urls, edge });
  own.gateway = gateway;
  stack.defer(() => {
    own.isStopping = true;
    return gateway.stop();
  });
  console.log(`Server listening at ${gateway.url}`);
  const running = stack.move();
  return () => running.disposeAsync();
}

type Own = { readonly opened: OpenReads; gateway?: Gateway; isStopping?: true };

/** It is there before clients are served, and after. */
async function openAdmin(host: string, port: number, own: Own): Promise<AsyncDisposable> {
  const { shares, shadows } = own.opened;
  const admin = await startAdmin({
    host,
    port,
    gauges: () => [own.gateway?.gauges ?? [], shadows?.gauges ?? []].flat(),
    trouble() {
      if (!own.gateway) return 'Starting';
      if (own.isStopping) return 'Stopping';
      return shares.isFresh() ? undefined : 'The database does not answer';
    },
  });
  console.log(`Telling how it is at ${admin.url}/-/health and ${admin.url}/-/metrics`);
  return { [Symbol.asyncDispose]: () => admin.stop() };
}

const againMs = 60_000;

/** Says what goes wrong beside the requests, the same only once a minute. */
function tellOnce(): (error: unknown) => void {
  const toldAtMs = new Map<string, number>();
  return (error) => {
    const text = error instanceof Error ? error.message : String(error);
    if (performance.now() - (toldAtMs.get(text) ?? Number.NEGATIVE_INFINITY) < againMs) return;
    toldAtMs.set(text, performance.now());
    console.error(text);
  };
}
