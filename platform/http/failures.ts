import { randomBytes } from 'node:crypto';
import type { Refusal, RefusalKind } from '@ticketbuddy/errors';
import { formatTraceparent, parseTraceparent, type Trace } from '@ticketbuddy/telemetry';

/** A finished answer that is no success; a `Failure` goes out without a Content-Type, as the legacy sent it. */
export type FailureAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

const uncached = { 'cache-control': 'no-cache,no-store', expires: '-1', pragma: 'no-cache' };
const problemType = { 'content-type': 'application/problem+json; charset=utf-8' };

const problems: Readonly<
  Record<Exclude<RefusalKind, 'rule'>, readonly [status: number, title: string, section: string]>
> = {
  unreadable: [400, 'One or more validation errors occurred.', '15.5.1'],
  absent: [404, 'Not Found', '15.5.5'],
  conflict: [409, 'Conflict', '15.5.10'],
  'too-large': [413, 'Payload Too Large', '15.5.14'],
  'unsupported-media': [415, 'Unsupported Media Type', '15.5.16'],
  'key-reused': [422, 'Unprocessable Content', '15.5.21'],
  overloaded: [503, 'Service Unavailable', '15.6.4'],
};

export function refusalAnswer(refusal: Refusal, trace: Trace | undefined): FailureAnswer {
  if (refusal.kind === 'rule') {
    const body = { Message: 'The request could not be correctly validated.', Errors: [refusal.message] };
    return { status: 400, headers: uncached, body: JSON.stringify(body) };
  }
  const [status, title, section] = problems[refusal.kind];
  const errors = refusal.kind === 'unreadable' ? { errors: { [refusal.path]: [refusal.message] } } : {};
  const detail = refusal.details ? { code: refusal.code, detail: refusal.message, ...refusal.details } : {};
  const type = `https://tools.ietf.org/html/rfc9110#section-${section}`;
  return {
    status,
    headers: status === 503 ? { ...problemType, 'retry-after': '1' } : problemType,
    body: JSON.stringify({ type, title, status, ...errors, ...detail, traceId: traceId(trace) }),
  };
}

/** A defect (500), or a trouble that will pass (503, with Retry-After in seconds). */
export function unexpectedAnswer(passes: boolean): FailureAnswer {
  return {
    status: passes ? 503 : 500,
    headers: passes ? { ...uncached, 'retry-after': '1' } : uncached,
    body: '{"Message":"An unexpected error occurred.","Errors":[]}',
  };
}

// Where the answer can be found: in the request's trace, in the caller's when it is not recorded here, or else in none.
function traceId(trace: Trace | undefined): string {
  if (trace?.span) return trace.traceparent;
  const { traceId = randomBytes(16).toString('hex'), sampled = true } = parseTraceparent(trace?.traceparent) ?? {};
  return formatTraceparent({ traceId, spanId: randomBytes(8).toString('hex'), sampled });
}
