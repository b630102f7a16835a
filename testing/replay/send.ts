import { type ClientRequest, type IncomingMessage, request as openRequest } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Headers } from './captures.ts';

export type Outgoing = {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body?: Buffer | undefined;
};

export type Answer = { readonly status: number; readonly headers: Headers; readonly body: string };

const IDLE_MS = 30_000;
const PIECE_BYTES = 64 * 1024;
const PAUSE_MS = 2;
const CONTINUE_MS = 1_000;
const ATTEMPTS = 3;

/**
 * Sends the request as it is: the path is not normalised and no header is added but host, connection and the length.
 * Rejects when no answer came. An answer that came before the body was sent is the answer.
 */
export async function send(baseUrl: string, outgoing: Outgoing): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await sendOnce(baseUrl, outgoing);
    } catch (error) {
      if (attempt === ATTEMPTS || !mayHaveLostItsAnswer(error, outgoing)) throw error;
    }
  }
}

async function sendOnce(baseUrl: string, outgoing: Outgoing): Promise<Answer> {
  const request = openRequest(optionsOf(new URL(baseUrl), outgoing));
  const { promise: response, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.on('response', resolve);
  request.on('error', reject);
  request.on('timeout', () => request.destroy(new Error(`nothing came for ${IDLE_MS / 1000} seconds`)));
  const answered = response.then(
    () => true,
    () => true,
  );
  writeBody(request, outgoing, answered).catch(reject);
  return response.then(collect).finally(() => request.destroy());
}

/** Node discards an answer that it has not read yet when a write fails: the reset after a refusal can overtake it. */
function mayHaveLostItsAnswer(error: unknown, { body }: Outgoing): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return (code === 'EPIPE' || code === 'ECONNRESET') && (body?.length ?? 0) > PIECE_BYTES;
}

function optionsOf(target: URL, { method, path, headers, body }: Outgoing) {
  const isChunked = headers['transfer-encoding'] !== undefined;
  const length = body && !isChunked ? { 'content-length': String(body.length) } : {};
  return {
    host: target.hostname.replace(/^\[|\]$/g, ''),
    port: target.port || 80,
    method,
    path: path.startsWith('/') ? `${target.pathname.replace(/\/$/, '')}${path}` : path,
    headers: { ...headers, ...length },
    agent: false,
    timeout: IDLE_MS,
    joinDuplicateHeaders: true,
  } as const;
}

/** What came before a connection broke is what the server answered. */
async function collect(response: IncomingMessage): Promise<Answer> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of response) pieces.push(piece);
  } catch {}
  const headers = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(headers),
    body: Buffer.concat(pieces).toString(),
  };
}

async function writeBody(
  request: ClientRequest,
  { headers, body }: Outgoing,
  answered: Promise<unknown>,
): Promise<void> {
  if (body && headers.expect?.toLowerCase() === '100-continue') await untilContinue(request, answered);
  if (!body || body.length <= PIECE_BYTES) request.end(body);
  else await writeInPieces(request, body, answered);
}

async function untilContinue(request: ClientRequest, answered: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  request.once('continue', resolve);
  request.flushHeaders();
  await Promise.race([promise, answered, wait(CONTINUE_MS, undefined, { ref: false })]);
}

/**
 * A server that refuses a long body answers and closes at once. A write that then fails would discard the answer
 * unread, so each piece is followed by a pause in which an answer can arrive, and nothing is sent after one has.
 */
async function writeInPieces(request: ClientRequest, body: Buffer, answered: Promise<unknown>): Promise<void> {
  let isAnswered = false;
  answered.then(() => {
    isAnswered = true;
  });
  for (let at = 0; at < body.length && !isAnswered; at += PIECE_BYTES) {
    const { promise: drained, resolve } = Promise.withResolvers<void>();
    if (request.write(body.subarray(at, at + PIECE_BYTES))) resolve();
    else request.once('drain', resolve);
    await Promise.race([answered, Promise.all([drained, wait(PAUSE_MS)])]);
  }
  if (!isAnswered) request.end();
}
