import { type RefusalCode, refusalTexts } from '@ticketbuddy/contracts/refusals';

export type RefusalKind =
  | 'rule'
  | 'conflict'
  | 'absent'
  | 'unreadable'
  | 'too-large'
  | 'unsupported-media'
  | 'key-reused'
  | 'overloaded';

export type RefusalDetails = {
  /** Where in the request the reason lies, as a JSON path; only for what cannot be read. */
  readonly path?: string;
  /** What else the caller is told, as members of the answer (JSON). */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
};

/** An expected no that the caller can act on. Thrown, rolls the transaction back, becomes a 4xx at the edge. */
export class Refusal extends Error {
  readonly kind: RefusalKind;
  readonly code: string;
  readonly path: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(kind: RefusalKind, code: string, message: string, { path = '', details }: RefusalDetails = {}) {
    super(message);
    this.name = 'Refusal';
    this.kind = kind;
    this.code = code;
    this.path = path;
    this.details = details;
  }
}

/** A rule of the business says no. `id` fills the `{id}` of the text. */
export function refusal(code: RefusalCode, id = ''): Refusal {
  return new Refusal('rule', code, refusalTexts[code].replace('{id}', id));
}

/** What the request names does not exist. */
export function absent(what: string, code = 'absent', details?: RefusalDetails['details']): Refusal {
  return new Refusal('absent', code, `${what} does not exist`, { details });
}

/** What is asked for does not go with how things are by now. */
export function conflict(code: string, message: string, details?: RefusalDetails['details']): Refusal {
  return new Refusal('conflict', code, message, { details });
}

/** There is more to do than can be done in time; nothing was begun. */
export function overloaded(): Refusal {
  return new Refusal('overloaded', 'overloaded', 'Too much is asked for at once; try again in a moment.');
}

/** The request cannot be read. `path` is a JSON path into it, such as `$.Price`. */
export function unreadable(path: string, message: string): Refusal {
  return new Refusal('unreadable', 'unreadable', message, { path });
}

export function tooLarge(): Refusal {
  return new Refusal('too-large', 'too_large', 'The request is larger than this server accepts.');
}

export function unsupportedMedia(): Refusal {
  return new Refusal('unsupported-media', 'unsupported_media', 'The request is not JSON in UTF-8.');
}

/** A key that stands for one request came with another one. */
export function keyReused(): Refusal {
  return new Refusal('key-reused', 'key_reused', 'The Idempotency-Key was used for another request.', { details: {} });
}

/** The process cannot start, for a reason that its operator can mend: one sentence, no stack trace, exit code 1. */
export class StartError extends Error {}
