import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Backfill,
  begin,
  collapse,
  copyPass,
  createPace,
  openWriter,
  streamPass,
  type TableTarget,
} from '@ticketbuddy/backfill';
import { abandon, heartbeat, openChangeStream, type Row } from '@ticketbuddy/change-stream';
import { createTestDatabase } from '@ticketbuddy/testing';
import type pg from 'pg';
import { onTestFinished } from 'vitest';
import { BodyKeeper } from './answer.ts';
import type { Read } from './read.ts';
import { type NotedTable, type Noting, noteChanges } from './recent.ts';
import { createShadowTables } from './store.ts';
import type { Count, Outcome, Taken } from './tally.ts';
import { openUpstream, type Upstream } from './upstream.ts';
import { openVersions, type Versions } from './versions.ts';

const shows: NotedTable = { schema: 'public', name: 'Shows', key: ['id'], aggregates: [['id'], ['venue']] };
export const showsName = '"public"."Shows"';

let worlds = 0;

export type WorldOptions = { readonly rows?: number; readonly isNoted?: boolean };

/** A source with shows, and a target that a change stream and a copy keep equal to it, while the test lasts. */
export async function aWorld(options?: WorldOptions) {
  const world = await openWorld(options);
  onTestFinished(world.close);
  return world;
}

/** The same, until it is closed. */
export async function openWorld({ rows = 20, isNoted = true }: WorldOptions = {}) {
  const [source, target] = [await createTestDatabase(), await createTestDatabase()];
  const definition = 'create table "Shows" (id int primary key, venue int, name text, price numeric(18,2))';
  await source.pool.query(definition);
  await target.pool.query(definition);
  await source.pool.query(
    `insert into "Shows" select i, i % 4, 'show ' || i, i + 0.5 from generate_series(1, ${rows}) as i`,
  );
  const unit = { name: `shadow_${process.pid}_${++worlds}`, tables: [shows] };
  const place = { schema: 'migration', unit: unit.name };
  const writer = await openWriter({ pool: target.pool, ...place });
  const noting: Noting = { ...place, tables: [shows] };
  const note: Backfill['note'] = isNoted ? (tx, batches) => noteChanges(tx, noting, batches) : undefined;
  const backfill: Backfill = { source: source.pool, writer, unit, tables: [intoShows], ...(note && { note }) };
  const from = await begin(backfill);
  await createShadowTables(target.pool, place);
  const stream = await openChangeStream({ url: source.url, pool: source.pool, unit, from });
  while ((await copyPass(backfill, createPace())).outcome !== 'complete');
  const follower = follow(() => streamPass(backfill, stream, { waitMs: 50 }));
  await heartbeat(source.pool, unit);
  const versions = openVersions({ source: source.pool, target: target.pool, place, unit });
  const close = async () => {
    await versions.stop();
    await follower.stop();
    await stream.close();
    await writer.close();
    await abandon(source.pool, unit);
    await Promise.all([source.drop(), target.drop()]);
  };
  return { source, target, unit, place, versions, close };
}

export type World = Awaited<ReturnType<typeof aWorld>>;

/** The two applications over the two databases. */
export async function twoApplications({ source, target }: Pick<World, 'source' | 'target'>) {
  return { control: await anUpstream(application(source.pool)), candidate: await anUpstream(application(target.pool)) };
}

export type Origin = { readonly url: string; readonly upstream: Upstream };

/** A server on a free port, gone with the test. */
export async function anUpstream(listener: RequestListener): Promise<Origin> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const upstream = openUpstream(url);
  onTestFinished(async () => {
    await upstream.close();
    server.closeAllConnections();
    server.close();
  });
  return { url, upstream };
}

/** Asks the control as a client does, and tells what a gateway would offer afterwards. */
export async function askAsClient(
  control: Origin,
  versions: Versions,
  path: string,
  read: Partial<Read> = {},
): Promise<Read> {
  const since = versions.before();
  const response = await fetch(`${control.url}${path}`);
  const kept = new BodyKeeper(1024 * 1024);
  for await (const part of response.body ?? []) kept.add(part);
  const [, , id] = path.split(/[/?]/);
  return {
    endpoint: id ? 'GET /shows/{id}' : 'GET /shows',
    method: 'GET',
    path,
    headers: {},
    aggregates: [id ? { table: showsName, values: { id } } : { table: showsName }],
    since,
    answer: { status: response.status, headers: Object.fromEntries(response.headers), body: kept.body },
    ...read,
  };
}

/** So many of all reads that were told of, of whatever endpoint. */
export function sumOf(counts: readonly Count[], outcome: Outcome, reason?: string): number {
  return counts
    .filter((count) => count.outcome === outcome && (reason === undefined || count.reason === reason))
    .reduce((all, { count }) => all + count, 0);
}

export function missingOf({ counts }: Pick<Taken, 'counts'>): number {
  const ended = (['mirrored', 'sampled out', 'dropped', 'not comparable'] as const).map((outcome) =>
    sumOf(counts, outcome),
  );
  return sumOf(counts, 'received') - ended.reduce((all, count) => all + count, 0);
}

const intoShows: TableTarget = {
  table: shows,
  async apply(tx, changes) {
    const { deleted, upserted } = collapse(changes, shows.key);
    const column = (rows: readonly Row[], name: string) => rows.map((row) => row[name]);
    await tx.query('delete from "Shows" where id = any($1::int[])', [column(deleted, 'id')]);
    await tx.query(
      `insert into "Shows" select * from unnest($1::int[], $2::int[], $3::text[], $4::numeric[])
       on conflict (id) do update set venue = excluded.venue, name = excluded.name, price = excluded.price`,
      ['id', 'venue', 'name', 'price'].map((name) => column(upserted, name)),
    );
    return [];
  },
};

function follow(pass: () => Promise<unknown>) {
  let isStopped = false;
  const running = (async () => {
    while (!isStopped) await pass();
  })();
  const stop = async () => {
    isStopped = true;
    await running;
  };
  return { stop };
}

function application(pool: pg.Pool): RequestListener {
  return async (request, response) => {
    const [, , id] = (request.url ?? '').split(/[/?]/);
    const { rows } = await pool.query(
      `select id, name, price::text from "Shows" ${id ? 'where id = $1' : ''} order by id`,
      id ? [id] : [],
    );
    const shown = rows.map(({ id, name, price }) => `{"Id":${id},"Name":${JSON.stringify(name)},"Price":${price}}`);
    response.writeHead(shown.length > 0 ? 200 : 404, { 'content-type': 'application/json' });
    response.end(id ? shown[0] : `[${shown.join(',')}]`);
  };
}
