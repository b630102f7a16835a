import type { ServerResponse } from 'node:http';
import { Refusal } from '@ticketbuddy/errors';

/** Nothing was sent to the owner, so that the client may simply try again. */
export class NotSent extends Error {}

/** The request was sent and no answer came: what it asks for may have happened. It is never sent again from here. */
export class Ambiguous extends Error {}

/** The body is larger than any owner accepts; what was sent of it is no request. */
export class TooLarge extends Error {}

/** The client left before it could be answered, and before anything was sent or for a read. */
export class ClientGone extends Error {}

/** How a request ended that was not answered to its end by an owner, as it is counted. */
export type FailureName = Unanswered | 'broken off';

type Unanswered = 'refused' | 'not sent' | 'ambiguous' | 'too large' | 'client gone' | 'defect';

export function nameOf(error: unknown): Unanswered {
  if (error instanceof NotSent) return 'not sent';
  if (error instanceof Ambiguous) return 'ambiguous';
  if (error instanceof TooLarge) return 'too large';
  if (error instanceof ClientGone) return 'client gone';
  return error instanceof Refusal ? 'refused' : 'defect';
}

const statuses: Readonly<Record<Unanswered, number>> = {
  refused: 503,
  'not sent': 503,
  ambiguous: 502,
  'too large': 413,
  'client gone': 502,
  defect: 500,
};

// In the shape in which both systems tell of a failure.
const failure = '{"Message":"An unexpected error occurred.","Errors":[]}';
const uncached = { 'cache-control': 'no-cache,no-store', expires: '-1', pragma: 'no-cache' };

/** Tells the client of a failure: 503 with Retry-After where nothing was sent. An answer that has begun is broken off. */
export function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const status = statuses[nameOf(error)];
  response.writeHead(status, { ...uncached, ...(status === 503 && { 'retry-after': '1' }) });
  response.end(failure);
}
