import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Readable, Writable } from 'node:stream';
import { errors, type Pool } from 'undici';
import { Ambiguous, ClientGone, NotSent, TooLarge } from './failures.ts';
import type { Leaving } from './leaving.ts';

export type Forwarding = {
  readonly pool: Pool;
  readonly body: Buffer | Readable | null;
  /** Headers of ours for the owner. */
  readonly headers: Readonly<Record<string, string>>;
  /** When the client leaves, a write that was sent goes on all the same. */
  readonly leaving: Leaving;
  readonly isWrite: boolean;
  /** Called with status and headers (name, value, name, …) before the client hears of them. */
  readonly onAnswer: (status: number, headers: readonly string[]) => void;
  /** Is shown each piece of the answer's body. */
  readonly onPart?: ((part: Uint8Array) => void) | undefined;
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
 * Sends the request on and its answer back, with every header as it came. Throws `NotSent`, `Ambiguous`, `TooLarge` or `ClientGone`
 * when no answer came; once it has begun, a failure ends the client's connection.
 */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { pool, body, headers, leaving, isWrite, onAnswer, onPart }: Forwarding,
): Promise<void> {
  const options = {
    method: request.method as 'GET',
    path: request.url ?? '/',
    headers: passedOn(request.rawHeaders, headers),
    body,
    responseHeaders: 'raw' as const,
    // What has been sent of a write cannot be taken back, and a part of its body is no request.
    signal: isWrite ? null : leaving,
  };
  try {
    await pool.stream(options as Parameters<Pool['stream']>[0], ({ statusCode, headers: raw }) => {
      const answered = passedOn(raw as unknown as string[], {});
      onAnswer(statusCode, answered);
      if (!leaving.hasLeft) response.writeHead(statusCode, answered);
      return isWrite || onPart ? relay(response, leaving, { isWrite, onPart }) : response;
    });
  } catch (error) {
    if (response.headersSent || !(error instanceof Error)) throw error;
    throw failureOf(error, leaving, isWrite);
  }
}

function failureOf(error: Error, leaving: Leaving, isWrite: boolean): Error {
  if (error instanceof TooLarge) return error;
  if (!wasSent(error)) return new NotSent(error.message);
  return leaving.hasLeft && !isWrite ? new ClientGone(error.message) : new Ambiguous(error.message);
}

/** Hands the body on while the client is there. Of a write the rest is read all the same, so that its owner can finish. */
function relay(
  response: ServerResponse,
  leaving: Leaving,
  { isWrite, onPart }: Pick<Forwarding, 'isWrite' | 'onPart'>,
): Writable {
  return new Writable({
    write(part: Buffer, _encoding, done) {
      onPart?.(part);
      if (leaving.hasLeft) done(isWrite ? null : new ClientGone('the client left in the middle of its answer'));
      else if (response.write(part)) done();
      else whenTaken(response, done);
    },
    final(done) {
      // It would not say that it has ended to whoever waits for a client that leaves.
      if (!leaving.hasLeft) response.end();
      done();
    },
    destroy(error, done) {
      if (error) response.destroy();
      done(error);
    },
  });
}

function whenTaken(response: ServerResponse, then: () => void): void {
  const go = () => {
    response.off('drain', go).off('close', go);
    then();
  };
  response.on('drain', go).on('close', go);
}

// What `connection` names is about the connection, too; mostly it says `keep-alive`.
function passedOn(raw: readonly string[], ours: Forwarding['headers']): string[] {
  const kept = Object.entries(ours).flat();
  let named: readonly string[] = [];
  for (let nth = 0; nth < raw.length; nth += 2) {
    const [name, value] = [raw[nth] as string, raw[nth + 1] as string];
    const lower = name.toLowerCase();
    if (lower === 'connection') named = [...named, ...value.toLowerCase().split(/\s*,\s*/)];
    if (!ofTheConnection.has(lower) && ours[lower] === undefined) kept.push(name, value);
  }
  return named.every((name) => ofTheConnection.has(name) || name === 'close') ? kept : without(kept, named);
}

function without(headers: readonly string[], names: readonly string[]): string[] {
  const isKept = (nth: number) => !names.includes((headers[nth - (nth % 2)] as string).toLowerCase());
  return headers.filter((_, nth) => isKept(nth));
}

const waysOfConnecting = ['connect', 'getaddrinfo'];

function wasSent(error: Error): boolean {
  const { syscall = '' } = error as NodeJS.ErrnoException;
  return !(error instanceof errors.ConnectTimeoutError) && !waysOfConnecting.includes(syscall);
}
