import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Kind } from './figures.ts';
import { isWrite, type UnitName, unitOf } from './units.ts';

/** One request, and the answer that it gets. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Unset: it is of no unit that moves. */
  readonly unit: UnitName | undefined;
  readonly kind: Kind;
  /** Aborted when the client leaves before it has its answer. */
  readonly gone: AbortSignal;
  readonly arrivedAtMs: number;
};

export function exchangeOf(request: IncomingMessage, response: ServerResponse, moved: readonly UnitName[]): Exchange {
  const leaving = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) leaving.abort();
  });
  const unit = unitOf(request.url ?? '/');
  return {
    request,
    response,
    unit: unit !== undefined && moved.includes(unit) ? unit : undefined,
    kind: isWrite(request.method ?? 'GET') ? 'write' : 'read',
    gone: leaving.signal,
    arrivedAtMs: performance.now(),
  };
}
