import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { type Dispatcher, errors, type Pool } from 'undici';
import { Ambiguous, ClientGone, NotSent, TooLarge } from './failures.ts';
import type { Leaving } from './leaving.ts';

export type Forwarding = {
  readonly pool: Pool;
  readonly body: Buffer | Readable | null;
  /** Headers of ours for the owner, instead of the client's (name, value, name, …; in lower case). */
  readonly headers: readonly string[];
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
// Most names are told from these by their lengths alone.
const lengthsOfTheConnection = new Set([...ofTheConnection].map(({ length }) => length));

/**
 * Sends the request on and its answer back, with every header as it came. Throws `NotSent`, `Ambiguous`, `TooLarge` or `ClientGone`
 * when no answer came; once it has begun, a failure ends the client's connection.
 */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  forwarding: Forwarding,
): Promise<void> {
  const { pool, body, headers, leaving, isWrite } = forwarding;
  const { promise: answered, resolve, reject } = Promise.withResolvers<void>();
  const options = {
    method: request.method as 'GET',
    path: request.url ?? '/',
    headers: passedOn(request.rawHeaders, headers),
    body,
  };
  pool.dispatch(options, new Relay(response, forwarding, { resolve, reject }));
  try {
    await answered;
  } catch (error) {
    if (response.headersSent || !(error instanceof Error)) throw error;
    throw failureOf(error, leaving, isWrite);
  } finally {
    leaving.whenLeft = undefined;
  }
}

function failureOf(error: Error, leaving: Leaving, isWrite: boolean): Error {
  if (error instanceof TooLarge) return error;
  if (!wasSent(error)) return new NotSent(error.message);
  return leaving.hasLeft && !isWrite ? new ClientGone(error.message) : new Ambiguous(error.message);
}

const smallBytesMax = 8_192;

type End = { readonly resolve: () => void; readonly reject: (error: Error) => void };
type Controller = Dispatcher.DispatchController;

/**
 * Hands an answer on while the client is there. Of a write the rest is read all the same, so that its owner can finish. As undici's
 * own handler: its `stream` adds an async resource, listeners and a second stream to each request.
 */
class Relay implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #forwarding: Forwarding;
  readonly #end: End;
  #bodyBytes = Number.NaN;

  constructor(response: ServerResponse, forwarding: Forwarding, end: End) {
    this.#response = response;
    this.#forwarding = forwarding;
    this.#end = end;
  }

  onRequestStart(controller: Controller): void {
    const { leaving, isWrite } = this.#forwarding;
    // What has been sent of a write cannot be taken back, and a part of its body is no request.
    if (isWrite) return;
    leaving.whenLeft = () => controller.abort(new ClientGone('the client left before it had its answer'));
    if (leaving.hasLeft) leaving.whenLeft();
  }

  onResponseStart({ rawHeaders }: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#bodyBytes = Number(headers['content-length']);
    const answered = passedOn(texts(rawHeaders as Buffer[]), []);
    this.#forwarding.onAnswer(status, answered);
    if (!this.#forwarding.leaving.hasLeft) this.#response.writeHead(status, answered);
  }

  onResponseData(controller: Controller, part: Buffer): void {
    this.#forwarding.onPart?.(part);
    if (this.#forwarding.leaving.hasLeft) return;
    const isWhole = part.length === this.#bodyBytes && part.length <= smallBytesMax;
    // As a text it goes out together with the headers, in one piece. Every byte is a character of latin1, and the other way round.
    if (isWhole) this.#response.end(part.toString('latin1'), 'latin1');
    else if (!this.#response.write(part)) {
      controller.pause();
      whenTaken(this.#response, () => controller.resume());
    }
  }

  onResponseEnd(): void {
    if (!this.#forwarding.leaving.hasLeft && !this.#response.writableEnded) this.#response.end();
    this.#end.resolve();
  }

  onResponseError(_: Controller, error: Error): void {
    this.#end.reject(error);
  }
}

function whenTaken(response: ServerResponse, then: () => void): void {
  const go = () => {
    response.off('drain', go).off('close', go);
    then();
  };
  response.on('drain', go).on('close', go);
}

// Names and values in turn, in the encoding that HTTP has for both.
function texts(raw: readonly Buffer[]): string[] {
  return raw.map((bytes) => bytes.toString('latin1'));
}

// What `connection` names is about the connection, too; mostly it says `keep-alive`.
function passedOn(raw: readonly string[], ours: Forwarding['headers']): string[] {
  const kept = [...ours];
  let named: readonly string[] = [];
  for (let nth = 0; nth < raw.length; nth += 2) {
    const [name, value] = [raw[nth] as string, raw[nth + 1] as string];
    if (isPassedOn(name, ours)) kept.push(name, value);
    else if (name.toLowerCase() === 'connection') named = [...named, ...value.toLowerCase().split(/\s*,\s*/)];
  }
  return named.every((name) => ofTheConnection.has(name) || name === 'close') ? kept : without(kept, named);
}

function isPassedOn(name: string, ours: Forwarding['headers']): boolean {
  if (ours.length === 0 && !lengthsOfTheConnection.has(name.length)) return true;
  const lower = name.toLowerCase();
  return !ofTheConnection.has(lower) && !ours.some((one, nth) => nth % 2 === 0 && one === lower);
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
