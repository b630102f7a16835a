import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
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
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const answer = await upstream
    .request({
      method: request.method as 'GET',
      path: request.url ?? '/',
      headers: [...passedOn(request.rawHeaders), ...Object.entries(headers).flat()],
      body: hasBody(request) ? request : null,
      signal: gone.signal,
      responseHeaders: 'raw',
    } as Parameters<Pool['request']>[0])
    .catch((error: Error) => {
      throw wasSent(error) ? new Ambiguous(error.message) : new NotSent(error.message);
    });
  const raw = (answer.headers as unknown as Buffer[]).map((part) => part.toString('latin1'));
  onStatus?.(answer.statusCode);
  response.writeHead(answer.statusCode, passedOn(raw));
  await pipeline(answer.body, response);
}

function passedOn(raw: readonly string[]): string[] {
  const named = raw.flatMap((name, nth) =>
    nth % 2 === 0 && name.toLowerCase() === 'connection' ? (raw[nth + 1] ?? '') : [],
  );
  const dropped = new Set(named.flatMap((list) => list.toLowerCase().split(/\s*,\s*/)));
  const kept: string[] = [];
  for (let nth = 0; nth < raw.length; nth += 2) {
    const name = (raw[nth] as string).toLowerCase();
    if (!ofTheConnection.has(name) && !dropped.has(name)) kept.push(raw[nth] as string, raw[nth + 1] as string);
  }
  return kept;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function wasSent(error: Error): boolean {
  const code = (error as { code?: unknown }).code;
  return !(error instanceof errors.ConnectTimeoutError) && code !== 'ECONNREFUSED' && code !== 'ENOTFOUND';
}
