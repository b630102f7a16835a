import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Edge, Side } from '@ticketbuddy/cutover';
import { bodyOf } from './body.ts';
import { type Exchange, exchangeOf } from './exchange.ts';
import { Ambiguous, ClientGone, NotSent, nameOf, refuse } from './failures.ts';
import { countAnswer, countFailure, type Looking, observeAdded } from './figures.ts';
import { type Forwarding, forward } from './forward.ts';
import type { Limits } from './limits.ts';
import type { Reads } from './reads.ts';
import type { Shadows } from './shadows.ts';
import type { UnitName } from './units.ts';
import type { Upstream } from './upstream.ts';

export type ServingOptions = {
  readonly upstreams: Readonly<Record<Side, Upstream>>;
  readonly edge: Edge;
  readonly units: readonly UnitName[];
  readonly limits: Pick<Limits, 'bodyBytesMax'>;
  readonly reads: Reads | undefined;
  readonly shadows: Shadows | undefined;
};

export type Serving = Pick<Looking, 'writes'> & {
  /** Whether nobody waits for an answer to begin. */
  isIdle(): boolean;
  /** Answers one request. Never throws: what goes wrong is told to the client. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
};

type Parts = ServingOptions & { readonly waiting: Map<string, number>; readonly unanswered: Set<Exchange> };
type Body = Buffer | Readable | null;

export function createServing(options: ServingOptions): Serving {
  const parts: Parts = { ...options, waiting: new Map(), unanswered: new Set() };
  const { edge, units, waiting, unanswered } = parts;
  return {
    isIdle: () => unanswered.size === 0,
    serve: (request, response) => serve(parts, exchangeOf(request, response, units)),
    writes: () => units.map((unit) => ({ unit, waiting: waiting.get(unit) ?? 0, isHeld: edge.admitsNothing(unit) })),
  };
}

async function serve(parts: Parts, exchange: Exchange): Promise<void> {
  const { request, response, unit, kind } = exchange;
  let body: Body = null;
  parts.unanswered.add(exchange);
  try {
    body = await bodyOf(request, parts.limits.bodyBytesMax);
    if (unit === undefined) await pass(parts, exchange, 'legacy', { body });
    else if (kind === 'write') await write(parts, exchange, unit, body);
    else await read(parts, exchange, unit, body);
  } catch (error) {
    countFailure({ unit: unit ?? 'other', side: 'none', kind }, response.headersSent ? 'broken off' : nameOf(error));
    if (body instanceof Readable) body.destroy();
    refuse(response, error);
  } finally {
    parts.unanswered.delete(exchange);
  }
}

const epochHeader = 'ticketbuddy-epoch';

async function write(parts: Parts, exchange: Exchange, unit: UnitName, body: Body): Promise<void> {
  const { edge, reads } = parts;
  const path = exchange.request.url ?? '/';
  const { owner, epoch, leave } = await admit(parts, unit);
  try {
    if (exchange.leaving.hasLeft) throw new ClientGone('the client left while its write waited');
    const onAnswer: Forwarding['onAnswer'] = (status, headers) => {
      if (status >= 500) edge.doubt();
      reads?.noteWrite(unit, path, status < 500 ? headers : undefined);
    };
    await pass(parts, exchange, owner, { body, headers: [epochHeader, `${epoch}`], onAnswer });
  } catch (error) {
    if (error instanceof Ambiguous) reads?.noteWrite(unit, path, undefined);
    throw error;
  } finally {
    leave();
  }
}

async function admit({ edge, waiting }: Parts, unit: UnitName): ReturnType<Edge['admit']> {
  waiting.set(unit, (waiting.get(unit) ?? 0) + 1);
  try {
    return await edge.admit(unit);
  } finally {
    waiting.set(unit, (waiting.get(unit) ?? 0) - 1);
  }
}

async function read(parts: Parts, exchange: Exchange, unit: UnitName, body: Body): Promise<void> {
  const { edge, reads, shadows, upstreams } = parts;
  const { request, response } = exchange;
  const owner = edge.readerOf(unit);
  const route = reads?.routeOf(unit, request);
  const side = route && reads ? reads.sideOf(route, request, owner, (other) => upstreams[other].isResting()) : owner;
  const observed = route && shadows?.observe({ unit, route, owner, side, request });
  const { onAnswer, onPart } = observed ?? {};
  try {
    await pass(parts, exchange, side, { body, ...(onAnswer && { onAnswer }), onPart });
  } catch (error) {
    const mayAskOwner = side !== owner && body === null && (error instanceof NotSent || error instanceof Ambiguous);
    if (!mayAskOwner || response.headersSent) throw error;
    await pass(parts, exchange, owner, { body });
  }
  observed?.offer();
}

type Passing = Pick<Forwarding, 'body' | 'onPart'> & Partial<Pick<Forwarding, 'headers' | 'onAnswer'>>;

async function pass(
  { upstreams, unanswered }: Parts,
  exchange: Exchange,
  side: Side,
  { headers = [], onAnswer, ...passing }: Passing,
): Promise<void> {
  const { request, response, unit, kind, leaving, arrivedAtMs } = exchange;
  await upstreams[side].send(leaving, (pool, answered) => {
    observeAdded(kind, performance.now() - arrivedAtMs);
    return forward(request, response, {
      ...passing,
      pool,
      headers,
      leaving,
      isWrite: kind === 'write',
      onAnswer(status, raw) {
        answered();
        unanswered.delete(exchange);
        countAnswer({ unit: unit ?? 'other', side, kind }, status);
        onAnswer?.(status, raw);
      },
    });
  });
}
