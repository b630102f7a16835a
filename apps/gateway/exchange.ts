import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Kind } from './figures.ts';
import { Leaving } from './leaving.ts';
import { isWrite, type UnitName, unitOf } from './units.ts';

/** One request, and the answer that it gets. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Unset: it is of no unit that moves. */
  readonly unit: UnitName | undefined;
  readonly kind: Kind;
  readonly leaving: Leaving;
  readonly arrivedAtMs: number;
};

export function exchangeOf(request: IncomingMessage, response: ServerResponse, moved: readonly UnitName[]): Exchange {
  const leaving = new Leaving();
  response.once('close', () => {
    if (!response.writableFinished) leaving.leave();
  });
  const unit = unitOf(request.url ?? '/');
  return {
    request,
    response,
    unit: unit !== undefined && moved.includes(unit) ? unit : undefined,
    kind: isWrite(request.method ?? 'GET') ? 'write' : 'read',
    leaving,
    arrivedAtMs: performance.now(),
  };
}
