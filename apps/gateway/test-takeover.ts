import { Edge, type Side } from '@ticketbuddy/cutover';
import { legacyEvents } from '@ticketbuddy/events/legacy';
import { createPool, PostgresNotifications } from '@ticketbuddy/postgres';
import { abandonTakeover, gates, moverUrl, type Place, startWorker, type Takeover } from '@ticketbuddy/takeover';
import { createTestDatabase, type TestDatabase, until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { startGateway } from './gateway.ts';
import { type OpenReads, openReads, type ReadPlan } from './open-reads.ts';
import { announce, application, legacyTables, type Mood } from './test-application.ts';
import { openServer } from './test-owners.ts';

export type Shop = {
  readonly url: string;
  readonly ids: readonly string[];
  readonly takeover: Takeover;
  readonly opened: OpenReads;
  readonly pools: Readonly<Record<Side, pg.Pool>>;
  readonly moods: Record<Side, Mood>;
  /** Which sides clients' reads went to, in order. */
  readonly asked: Side[];
  /** What failed beside the requests. */
  readonly errors: readonly unknown[];
  close(): Promise<void>;
};

let shops = 0;
const eventsThere = 12;

/** Two applications over rows that a worker carries both ways, and a gateway before them, until it is closed. */
export async function openShop(settings: { readonly shadowPercent?: number } = {}): Promise<Shop> {
  const stack = new AsyncDisposableStack();
  const databases = { legacy: await createTestDatabase(), next: await createTestDatabase() };
  stack.defer(async () => void (await Promise.all([databases.legacy.drop(), databases.next.drop()])));
  await databases.legacy.pool.query(legacyTables);
  const pools = { legacy: databases.legacy.pool, next: databases.next.pool };
  const ids = await Promise.all(Array.from({ length: eventsThere }, () => announce(pools.legacy)));
  const errors: unknown[] = [];
  const takeover = await carried(stack, databases, errors);
  const [moods, asked]: [Shop['moods'], Side[]] = [{ legacy: 'fine', next: 'fine' }, []];
  const urlOf = async (side: Side) => {
    const answer = application({ side, pool: pools[side], mood: () => moods[side] });
    const { url, close } = await openServer((request, response) => {
      if (request.method === 'GET' && request.headers['ticketbuddy-shadow'] === undefined) asked.push(side);
      answer(request, response);
    });
    stack.defer(close);
    return url;
  };
  const urls = { legacy: await urlOf('legacy'), next: await urlOf('next') };
  const gateway = await aGateway(stack, { databases, takeover, urls, errors, ...settings });
  await until('all gates are open', async () => (await gates(takeover, 'next')).every(isReady));
  return { ...gateway, ids, takeover, pools, moods, asked, errors, close: () => stack.disposeAsync() };
}

function isReady({ name, isOpen }: Awaited<ReturnType<typeof gates>>[number]): boolean {
  return isOpen || name === 'shadow';
}

type Databases = Readonly<Record<Side, TestDatabase>>;

async function carried(stack: AsyncDisposableStack, databases: Databases, errors: unknown[]): Promise<Takeover> {
  const plan: ReadPlan = { ...legacyEvents, streams: `gateway_${process.pid}_${++shops}` };
  const places = { legacy: await placeOf(databases.legacy), next: await placeOf(databases.next) };
  stack.defer(async () => void (await Promise.all([places.legacy.pool.end(), places.next.pool.end()])));
  const takeover = { plan, places };
  stack.defer(() => abandonTakeover(takeover));
  const worker = await startWorker(takeover, { onError: (where, error) => errors.push([where, error]) });
  stack.defer(() => worker.stop());
  return takeover;
}

async function placeOf({ pool, url }: TestDatabase): Promise<Place> {
  const own = await moverUrl(pool, url);
  return { url: own, pool: createPool({ url: own, connections: 8 }) };
}

type Surroundings = {
  readonly databases: Databases;
  readonly takeover: Takeover;
  readonly urls: Readonly<Record<Side, string>>;
  readonly errors: unknown[];
  readonly shadowPercent?: number;
};

async function aGateway(
  stack: AsyncDisposableStack,
  { databases, takeover, urls, errors, shadowPercent = 0 }: Surroundings,
): Promise<Pick<Shop, 'url' | 'opened'>> {
  const { pool, url: databaseUrl } = databases.next;
  const notifications = new PostgresNotifications(databaseUrl);
  const edge = new Edge({ pool, notifications, name: 'counter', units: ['events'] });
  await notifications.start();
  stack.defer(() => notifications.stop());
  await edge.start();
  stack.defer(() => edge.stop());
  const legacyDatabaseUrl = takeover.places.legacy.url;
  const plans = [takeover.plan as ReadPlan];
  const onError = (error: unknown) => void errors.push(error);
  const opened = await openReads({
    pool,
    databaseUrl,
    legacyDatabaseUrl,
    urls,
    plans,
    shadowPercent,
    name: 'counter',
    onError,
  });
  stack.defer(() => opened.stop());
  const gateway = await startGateway({ host: '127.0.0.1', port: 0, urls, edge, units: ['events'], ...opened });
  stack.defer(() => gateway.stop());
  return { url: gateway.url, opened };
}
