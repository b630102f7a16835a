import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, type Pool } from 'undici';

/** Nothing was sent to the owner, so that the client may simply try again. */
export class NotSent extends Error {}

/** The request was sent and no answer came: what it asks for may have happened. It is never sent again from here. */
export class Ambiguous extends Error {}

export type Forwarding = {
  readonly upstream: Pool;
  /** Headers of ours for the owner. */
  readonly headers: Readonly<Record<string, string>>;
  /** Called with the status before the client hears of it. */
  readonly onStatus?: (status: number) => void;
};

// They are about one connection, not about the message (RFC 9110, 7.6.1).
const ofTheConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

/**
 * Sends the request on and its answer back, both as streams, with every header as it came. Throws `NotSent` or `Ambiguous` when no answer came; once it has begun, a failure ends the client's connection.
 */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { upstream, headers, onStatus }: Forwarding,
): Promise<void> {
  const options = {
    method: request.method as 'GET',
    path: request.url ?? '/',
    headers: passedOn(request.rawHeaders, Object.entries(headers).flat()),
    body: hasBody(request) ? request : null,
    responseHeaders: 'raw' as const,
  };
  try {
    await upstream.stream(options as Parameters<Pool['stream']>[0], ({ statusCode, headers: raw }) => {
      onStatus?.(statusCode);
      response.writeHead(statusCode, passedOn(raw as unknown as string[], []));
      return response;
    });
  } catch (error) {
    if (response.headersSent || !(error instanceof Error)) throw error;
    throw wasSent(error) ? new Ambiguous(error.message) : new NotSent(error.message);
  }
}

// What `connection` names is about the connection, too; mostly it says `keep-alive`.
function passedOn(raw: readonly string[], ours: readonly string[]): string[] {
  const kept = [...ours];
  let named: readonly string[] = [];
  for (let nth = 0; nth < raw.length; nth += 2) {
    const [name, value] = [raw[nth] as string, raw[nth + 1] as string];
    const lower = name.toLowerCase();
    if (lower === 'connection') named = [...named, ...value.toLowerCase().split(/\s*,\s*/)];
    if (!ofTheConnection.has(lower)) kept.push(name, value);
  }
  return named.every((name) => ofTheConnection.has(name) || name === 'close') ? kept : without(kept, named);
}

function without(headers: readonly string[], names: readonly string[]): string[] {
  const isKept = (nth: number) => !names.includes((headers[nth - (nth % 2)] as string).toLowerCase());
  return headers.filter((_, nth) => isKept(nth));
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function wasSent(error: Error): boolean {
  const code = (error as { code?: unknown }).code;
  return !(error instanceof errors.ConnectTimeoutError) && code !== 'ECONNREFUSED' && code !== 'ENOTFOUND';
}
