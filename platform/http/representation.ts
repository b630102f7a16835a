import type { IncomingHttpHeaders } from 'node:http';
import { type Coding, codingFor } from './content-coding.ts';
import type { Answer } from './route.ts';

export type Represented = {
  readonly type: string;
  /** Another text for other bytes, without quotes. The same in all codings, so it goes out as a weak one. */
  readonly etag: string;
  /** Sent with the bytes, and with a 304; their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes in a coding: asked for once in each that somebody takes. */
  readonly encode: (coding: Coding) => Uint8Array;
};

/**
 * What many clients are answered with, in the coding that each of them likes best, or with 304 when they know it already.
 * `more` are headers of the one answer; as long as they are the same object, so is the answer.
 */
export type Representation = (asked: IncomingHttpHeaders, more?: Headers) => Answer;

type Headers = Readonly<Record<string, string>>;

export function representation({ type, etag, headers, encode }: Represented): Representation {
  const tag = `W/"${etag}"`;
  const always = { ...headers, etag: tag, vary: 'accept-encoding' };
  const unchanged = once(() => withMore({ status: 304, headers: always }));
  const answers = {
    br: once(() => inCoding('br', { 'content-encoding': 'br' })),
    gzip: once(() => inCoding('gzip', { 'content-encoding': 'gzip' })),
    identity: once(() => inCoding('identity', {})),
  };
  return ({ 'accept-encoding': accepted, 'if-none-match': names }, more) => {
    const answer = names !== undefined && isAmong(names, tag) ? unchanged : answers[codingFor(accepted)];
    return answer()(more);
  };

  function inCoding(coding: Coding, said: Headers) {
    const bytes = encode(coding);
    const about = { 'content-type': type, 'content-length': `${bytes.length}` };
    return withMore({ status: 200, headers: { ...always, ...said, ...about }, bytes });
  }
}

// Thousands of answers have the same headers, which take as long to put together as all else.
function withMore(answer: Answer): (more?: Headers) => Answer {
  let [last, told] = [undefined as Headers | undefined, answer];
  return (more) => {
    if (more !== last) [last, told] = [more, { ...answer, headers: { ...answer.headers, ...more } }];
    return told;
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

// Weak comparison, as If-None-Match asks for.
function isAmong(ifNoneMatch: string, tag: string): boolean {
  if (ifNoneMatch === tag || ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === tag.slice(2));
}
