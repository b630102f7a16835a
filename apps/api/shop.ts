import type { Config } from '@ticketbuddy/config';
import { StartError } from '@ticketbuddy/errors';
import { createServer, type Route } from '@ticketbuddy/http';
import { brokerMigrations } from '@ticketbuddy/messaging';
import { CommitUnknown, createPool, isTransient, migrate, openServer, poolGauges } from '@ticketbuddy/postgres';
import { inEpoch } from '@ticketbuddy/postgres/database';
import { type Clock, startModuleJobs, startModules } from '@ticketbuddy/runtime';
import { metricsText, startTelemetry } from '@ticketbuddy/telemetry';
import type { Logger } from 'pino';
import { everyModule } from './modules.ts';

export type Shop = {
  /** Where it listens. */
  readonly url: string;
  /** How many demo events, users and sales were added by this start. */
  readonly seeded: number;
  /** Finishes the running requests and messages, then closes everything that it opened. */
  stop(): Promise<void>;
};

export type ShopOptions = {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onProgress?: (step: string) => void;
};

type Closing = () => Promise<unknown>;

/** Starts the modules that the config names, with all they need. Throws a `StartError` when that is impossible. */
export async function startShop(options: ShopOptions): Promise<Shop> {
  const closing: Closing[] = [];
  try {
    return await open(options, closing);
  } catch (error) {
    await closeAll(closing);
    throw error;
  }
}

async function open(
  { config, clock, log, onProgress = () => undefined }: ShopOptions,
  closing: Closing[],
): Promise<Shop> {
  const modules = everyModule.filter(({ name }) => config.modules.includes(name));
  const telemetry = await startTelemetry(config.tracing);
  closing.unshift(() => telemetry.stop());
  const database = await openServer({ ...config, onProgress });
  closing.unshift(() => database.stop());
  const pool = createPool({ url: database.url, connections: config.databaseConnections });
  closing.unshift(() => pool.end());

  onProgress('Bringing the tables up to date');
  await migrate(pool, [brokerMigrations, ...modules.map(({ migrations }) => migrations)]);
  const running = await startModules({
    modules,
    everyModule,
    pool,
    url: database.url,
    amqpUrl: config.amqpUrl,
    legacyQueues: config.legacyQueues,
    clock,
    log,
    numbers: config.numbers,
  });
  closing.unshift(() => running.stop());
  const jobs = startModuleJobs({ modules, deps: running.deps, pool, log });
  closing.unshift(() => jobs.stop());

  const routes = modules.flatMap((module) => module.routes(running.deps)).map(inItsEpoch);
  const gauges = [poolGauges(pool), ...running.gauges];
  const server = await createServer({
    routes,
    log,
    isTransient,
    isUndecided: (error) => error instanceof CommitUnknown,
    checkHealth: () => pool.query('select 1'),
    metrics: () => metricsText(gauges),
  });
  closing.unshift(() => server.close());
  const url = await server.listen({ host: config.host, port: config.port }).catch((error) => refusePort(error, config));
  log.info(`Server listening at ${url}`);

  let seeded = 0;
  if (config.seed) {
    onProgress('Adding the demo data that is missing');
    for (const module of modules) seeded += await module.seed(running.deps);
  }
  return { url, seeded, stop: () => closeAll(closing) };
}

// What came through a gateway says in which epoch of its unit it was sent.
function inItsEpoch(route: Route): Route {
  return {
    ...route,
    handle: (incoming) => inEpoch(incoming.headers['ticketbuddy-epoch'], () => route.handle(incoming)),
  };
}

async function closeAll(closing: Closing[]): Promise<void> {
  // One that fails must not keep the others open.
  const failures: unknown[] = [];
  for (const close of closing.splice(0)) await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

function refusePort(error: unknown, { host, port }: Config): never {
  const { code } = error as { code?: string };
  if (code === 'EADDRINUSE')
    throw new StartError(
      `PORT: ${port} is taken by another program on ${host}; choose another, such as PORT=${port + 1}.`,
    );
  if (code === 'EACCES') throw new StartError(`PORT: ${port} may not be used by this account; choose one above 1023.`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    throw new StartError(`HOST: this machine has no address "${host}".`);
  throw error;
}
