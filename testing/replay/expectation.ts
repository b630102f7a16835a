import type { Exchange, Headers } from './captures.ts';

/** The recorded server as it was, or the new system with the differences that are marked and no others. */
export type Side = 'legacy' | 'next';

export type Expectation = {
  readonly status: number;
  /** `by-contract`: none were recorded, so the contract's rules for that kind of answer say what they are. */
  readonly headers: Headers | 'by-contract';
  /** `undefined`: any body. */
  readonly body: string | undefined;
};

export function expectationOf({ request, response, next }: Exchange, side: Side): Expectation {
  const marked = side === 'next' ? (next ?? {}) : {};
  const headers = marked.headers ? markedHeaders(marked.headers, request.headers) : response.headers;
  const recorded = marked.bodyIgnored ? undefined : (marked.body ?? response.body ?? '');
  const isEmpty = headers !== 'by-contract' && headers['content-length'] === '0';
  return { status: marked.status ?? response.status, headers, body: isEmpty ? '' : recorded };
}

/** Marks name what differs, and CORS never does: the contract has it on every answer to a request with an origin. */
function markedHeaders(marked: Headers, sent: Headers): Headers | 'by-contract' {
  if (Object.keys(marked).length === 0) return 'by-contract';
  return sent.origin === undefined ? marked : { 'access-control-allow-origin': '*', ...marked };
}
