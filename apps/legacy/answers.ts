import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from '@ticketbuddy/errors';
import { writeJson } from './dotnet-text.ts';

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

const unkept = { 'cache-control': 'no-cache,no-store', expires: '-1', pragma: 'no-cache' };
const problems: Readonly<Record<number, readonly [title: string, section: string]>> = {
  400: ['One or more validation errors occurred.', '15.5.1'],
  404: ['Not Found', '15.5.5'],
  415: ['Unsupported Media Type', '15.5.16'],
};

export const noContent: Answer = { status: 204, headers: {}, body: '' };

/** `json` is the text of the body. */
export function ok(json: string): Answer {
  return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: json };
}

export function created(collection: string, id: string): Answer {
  return { ...ok(writeJson(id)), status: 201, headers: { ...ok('').headers, location: `/${collection}/${id}` } };
}

/** Nothing but a status. */
export function empty(status: number, headers: Answer['headers'] = {}): Answer {
  return { status, headers: { 'content-length': '0', ...headers }, body: '' };
}

/** What is thrown, as the legacy answers it: a rule's no without a Content-Type, what cannot be bound as a problem. */
export function failure(error: unknown, asked: IncomingHttpHeaders): Answer {
  if (!(error instanceof Refusal)) return broken(500, 'An unexpected error occurred.', []);
  if (error.kind === 'rule') return broken(400, 'The request could not be correctly validated.', [error.message]);
  if (error.kind === 'unsupported-media') return problem(415, asked);
  if (error.kind === 'absent') return problem(404, asked);
  return problem(400, asked, {
    errors: { [error.path]: [error.message], payload: ['The payload field is required.'] },
  });
}

/** In the media type and the charset that the client asks for, as far as the legacy knows them. */
export function negotiated(answer: Answer, { accept = '', 'accept-charset': charset }: IncomingHttpHeaders) {
  const type = answer.headers['content-type'];
  if (!type?.startsWith('application/json')) return { ...answer, body: Buffer.from(answer.body) };
  const media = /^\s*text\/json\s*(?:[;,]|$)/i.test(accept) ? 'text/json' : 'application/json';
  const isWide = /^\s*utf-16\s*(?:[;,]|$)/i.test(`${charset}`);
  const headers = { ...answer.headers, 'content-type': `${media}; charset=${isWide ? 'utf-16' : 'utf-8'}` };
  return { ...answer, headers, body: Buffer.from(answer.body, isWide ? 'utf16le' : 'utf8') };
}

function broken(status: number, Message: string, Errors: readonly string[]): Answer {
  return { status, headers: unkept, body: writeJson({ Message, Errors }) };
}

function problem(status: number, { traceparent }: IncomingHttpHeaders, more: object = {}): Answer {
  const [title, section] = problems[status] ?? ['', ''];
  const type = `https://tools.ietf.org/html/rfc9110#section-${section}`;
  const body = writeJson({ type, title, status, ...more, traceId: traceIdOf(traceparent) });
  return { status, headers: { 'content-type': 'application/problem+json; charset=utf-8' }, body };
}

// The caller's trace, when it is one, with a span of our own.
function traceIdOf(traceparent: string | string[] | undefined): string {
  const known = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/.exec(`${traceparent}`);
  const [, trace = randomBytes(16).toString('hex'), flags = '01'] = known ?? [];
  return `00-${trace}-${randomBytes(8).toString('hex')}-${flags}`;
}
