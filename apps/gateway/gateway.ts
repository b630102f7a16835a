import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Edge, Side } from '@ticketbuddy/cutover';
import { Refusal } from '@ticketbuddy/errors';
import { Pool } from 'undici';
import { Ambiguous, forward, NotSent } from './forward.ts';
import { isWrite, type UnitName, unitOf } from './units.ts';

export type GatewayOptions = {
  readonly host: string;
  readonly port: number;
  /** Where the two systems answer. */
  readonly urls: Readonly<Record<Side, string>>;
  readonly edge: Edge;
  /** The units that are moved, or may be; all else is the legacy's. */
  readonly units: readonly UnitName[];
};

export type Gateway = { readonly url: string; stop(): Promise<void> };

const upstreamOptions = { connections: 256, pipelining: 1, headersTimeout: 30_000, bodyTimeout: 30_000 };
const epochHeader = 'ticketbuddy-epoch';

/** Sends each request to the system that owns its unit. Writes wait while a unit changes hands, and none is sent twice. */
export async function startGateway({ host, port, urls, edge, units }: GatewayOptions): Promise<Gateway> {
  const upstreams = { legacy: new Pool(urls.legacy, upstreamOptions), next: new Pool(urls.next, upstreamOptions) };
  const server = createServer((request, response) => {
    const unit = unitOf(request.url ?? '/');
    const isMoved = unit !== undefined && units.includes(unit);
    const answering = isMoved
      ? answer(request, response, unit, { edge, upstreams })
      : toLegacy(request, response, upstreams);
    answering.catch((error: unknown) => refuse(response, error));
  });
  await once(server.listen(port, host), 'listening');
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${taken}`,
    async stop() {
      await close(server);
      await Promise.all([upstreams.legacy.close(), upstreams.next.close()]);
    },
  };
}

type Parts = { readonly edge: Edge; readonly upstreams: Readonly<Record<Side, Pool>> };

async function answer(request: IncomingMessage, response: ServerResponse, unit: UnitName, { edge, upstreams }: Parts) {
  if (!isWrite(request.method ?? 'GET')) {
    await forward(request, response, { upstream: upstreams[edge.readerOf(unit)], headers: {} });
    return;
  }
  const { owner, epoch, leave } = await edge.admit(unit);
  try {
    const headers = { [epochHeader]: `${epoch}` };
    const onStatus = (status: number) => {
      if (status >= 500) edge.doubt();
    };
    await forward(request, response, { upstream: upstreams[owner], headers, onStatus });
  } finally {
    leave();
  }
}

async function toLegacy(
  request: IncomingMessage,
  response: ServerResponse,
  { legacy }: Parts['upstreams'],
): Promise<void> {
  await forward(request, response, { upstream: legacy, headers: {} });
}

// In the shape in which both systems tell of a failure.
const failure = '{"Message":"An unexpected error occurred.","Errors":[]}';
const uncached = { 'cache-control': 'no-cache,no-store', expires: '-1', pragma: 'no-cache' };

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const mayTryAgain = error instanceof NotSent || (error instanceof Refusal && error.kind === 'overloaded');
  const status = mayTryAgain ? 503 : error instanceof Ambiguous ? 502 : 500;
  response.writeHead(status, { ...uncached, ...(mayTryAgain && { 'retry-after': '1' }) });
  response.end(failure);
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
}
