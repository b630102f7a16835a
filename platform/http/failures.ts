import { randomBytes } from 'node:crypto';
import type { Refusal, RefusalKind } from '@ticketbuddy/errors';

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
  'too-large': [413, 'Payload Too Large', '15.5.14'],
  'unsupported-media': [415, 'Unsupported Media Type', '15.5.16'],
};

export function refusalAnswer(refusal: Refusal, traceparent: string | undefined): FailureAnswer {
  if (refusal.kind === 'rule') {
    const body = { Message: 'The request could not be correctly validated.', Errors: [refusal.message] };
    return { status: 400, headers: uncached, body: JSON.stringify(body) };
  }
  const [status, title, section] = problems[refusal.kind];
  const errors = refusal.kind === 'unreadable' ? { errors: { [refusal.path]: [refusal.message] } } : {};
  const type = `https://tools.ietf.org/html/rfc9110#section-${section}`;
  return {
    status,
    headers: problemType,
    body: JSON.stringify({ type, title, status, ...errors, traceId: traceId(traceparent) }),
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

const traceparentPattern = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/;

// The caller's trace when it sent one, so that the answer can be found in it; else a trace of its own.
function traceId(traceparent: string | undefined): string {
  const [, trace = randomBytes(16).toString('hex'), flags = '01'] = traceparentPattern.exec(traceparent ?? '') ?? [];
  return `00-${trace}-${randomBytes(8).toString('hex')}-${flags}`;
}
