import type { IncomingHttpHeaders } from 'node:http';
import { type Coding, codingFor } from './content-coding.ts';
import type { Answer } from './route.ts';

export type Represented = {
  /** Another text for other bytes, without quotes. The same in all codings, so it goes out as a weak one. */
  readonly etag: string;
  /** Sent with the bytes, and with a 304. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes in a coding: asked for once in each that somebody takes. */
  readonly encode: (coding: Coding) => Uint8Array;
};

/**
 * What many clients are answered with, in the coding that each of them likes best, or with 304 when they know it already.
 * `more` are headers of the one answer.
 */
export type Representation = (asked: IncomingHttpHeaders, more?: Readonly<Record<string, string>>) => Answer;

export function representation({ etag, headers, encode }: Represented): Representation {
  const tag = `W/"${etag}"`;
  const always = { ...headers, etag: tag, vary: 'accept-encoding' };
  const unchanged: Answer = { status: 304, headers: always };
  const answers = new Map<Coding, Answer>();
  return ({ 'accept-encoding': accepted, 'if-none-match': names }, more) => {
    const answer = names !== undefined && isAmong(names, tag) ? unchanged : inCoding(codingFor(accepted));
    return more ? { ...answer, headers: { ...answer.headers, ...more } } : answer;
  };

  function inCoding(coding: Coding): Answer {
    const before = answers.get(coding);
    if (before) return before;
    const said = coding === 'identity' ? always : { ...always, 'content-encoding': coding };
    const answer: Answer = { status: 200, headers: said, bytes: encode(coding) };
    answers.set(coding, answer);
    return answer;
  }
}

// Weak comparison, as If-None-Match asks for.
function isAmong(ifNoneMatch: string, tag: string): boolean {
  if (ifNoneMatch === tag) return true;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === tag.slice(2));
}
