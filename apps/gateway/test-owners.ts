import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  beginMove,
  conduct,
  createEdgeTables,
  Edge,
  endMove,
  fenceOldOwner,
  holdWrites,
  nameNewOwner,
  openJournal,
  openNewOwner,
  raiseFence,
  releaseWrites,
  type Side,
  walk,
} from '@ticketbuddy/cutover';
import { PostgresNotifications, withTransaction } from '@ticketbuddy/postgres';
import { testDatabase } from '@ticketbuddy/testing';
import type pg from 'pg';
import { onTestFinished } from 'vitest';
import { startGateway } from './gateway.ts';

/** A server on a free port, gone with the test. */
export async function aServer(listener: RequestListener): Promise<string> {
  const { url, close } = await openServer(listener);
  onTestFinished(close);
  return url;
}

/** The same, until it is closed. */
export async function openServer(listener: RequestListener): Promise<{ readonly url: string; close(): void }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** Two systems that keep the events that they are told of behind their fences, and a gateway before them. */
export async function twoOwners({ gateways = 1 } = {}) {
  const [legacy, next] = [await testDatabase(10), await testDatabase(10)];
  const databases = { legacy: legacy.pool, next: next.pool };
  await openJournal(databases.next);
  await createEdgeTables(databases.next);
  for (const side of ['legacy', 'next'] as const) {
    await databases[side].query('create table public.told (id uuid primary key)');
    const plan = { unit: 'events', side, tables: ['public.told'], appliers: [], needsEpoch: side === 'next' };
    await raiseFence(databases[side], plan, { owner: 'legacy', epoch: 1 });
  }
  const urls = {
    legacy: await aServer(keeper(databases.legacy, 'legacy')),
    next: await aServer(keeper(databases.next, 'next')),
  };
  const edges: Edge[] = [];
  const opened: string[] = [];
  for (let nth = 1; nth <= gateways; nth++) {
    const edge = await anEdge(next.url, databases.next, `gateway ${nth}`);
    const gateway = await startGateway({ host: '127.0.0.1', port: 0, urls, edge, units: ['events'] });
    onTestFinished(() => gateway.stop());
    edges.push(edge);
    opened.push(gateway.url);
  }
  return { databases, edges, urls: opened, nextUrl: next.url };
}

type Databases = Awaited<ReturnType<typeof twoOwners>>['databases'];

export async function anEdge(url: string, pool: pg.Pool, name: string, waitMsMax?: number): Promise<Edge> {
  const notifications = new PostgresNotifications(url);
  const edge = new Edge({ pool, notifications, name, units: ['events'], ...(waitMsMax && { waitMsMax }) });
  await notifications.start();
  await edge.start();
  onTestFinished(async () => {
    await edge.stop();
    await notifications.stop();
  });
  return edge;
}

/** Moves the unit from its owner to the other side. */
export async function moveEvents(
  databases: Databases,
  from: Side,
  epoch: number,
): Promise<'done' | 'undone' | undefined> {
  const steps = [holdWrites, fenceOldOwner, openNewOwner, nameNewOwner, releaseWrites];
  const to = from === 'legacy' ? 'next' : 'legacy';
  const deadline = Temporal.Instant.from('2026-06-01T12:00:02Z');
  const move = { unit: 'events', from, to, epoch, databases, deadline, waitMsMax: 1_000 } as const;
  return conduct(databases.next, 'events', async (client) => {
    const context = { ...move, conductor: client };
    const { record } = await beginMove(client, 'events', `from ${from}`);
    const outcome = await walk({ steps, context, record });
    await endMove(client, 'events', outcome);
    return outcome;
  });
}

function keeper(pool: pg.Pool, side: Side): RequestListener {
  return (request, response) => {
    keep(pool, request).then(
      (status) => response.writeHead(status, { 'x-side': side }).end(),
      (error: Error) => response.writeHead(500, { 'x-side': side }).end(error.message),
    );
  };
}

async function keep(pool: pg.Pool, request: IncomingMessage): Promise<number> {
  if (request.method !== 'POST') return 200;
  const id = (await Array.fromAsync(request)).join('');
  await withTransaction(pool, async (client) => {
    await client.query(`select set_config('ticketbuddy.epoch', $1, true)`, [
      request.headers['ticketbuddy-epoch'] ?? '',
    ]);
    await client.query('insert into public.told (id) values ($1)', [id]);
  });
  return 201;
}

/** A listener that answers whatever it is asked with what it got. */
export function mirror(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(203, 'As It Came', [
    'X-Method',
    request.method ?? '',
    'X-Path',
    request.url ?? '',
    'X-Headers',
    request.rawHeaders.join('|'),
    'Set-Cookie',
    'a=1',
    'Set-Cookie',
    'b=2',
    'Connection',
    'X-Private',
    'X-Private',
    'yes',
  ]);
  request.pipe(response);
}
