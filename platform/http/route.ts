import type { IncomingHttpHeaders } from 'node:http';
import type { TSchema } from 'typebox';
import type { Listening } from './event-stream.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';

/** What a handler is given: ids from the path (lower case, hyphenated) and the body as `read` made it. */
export type Incoming<B> = {
  readonly ids: Readonly<Record<string, string>>;
  readonly body: B;
  readonly headers: IncomingHttpHeaders;
  /** What follows the `?`; a list where a name came more than once. */
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Only on a route that is `repeatable`, when the client sent one. */
  readonly idempotencyKey?: string | undefined;
};

/** What goes out. `json` is the text of the body, or its pieces. */
export type Answer = {
  readonly status: 200 | 201 | 204 | 304;
  readonly json?: string | AsyncIterable<string>;
  /** Instead of `json`: the body, of the type that the route declares, in the coding that the headers say. */
  readonly bytes?: Uint8Array;
  /** Instead of a body: a stream of events, on a route that declares that type. */
  readonly listening?: Listening;
  readonly location?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Route<B = unknown> = {
  readonly method: Method;
  /** `/events/:eventId/tickets`: every parameter is a GUID, and a path with anything else there is not this route. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** Reads the body's bytes, or throws a refusal. Without it the body is ignored, whatever its type. */
  readonly read?: (body: Buffer) => B;
  /** For the documentation: `read` may accept more. */
  readonly request?: TSchema;
  /** What the handler does, as a trace names it: `purchase seats`. */
  readonly useCase: string;
  /** Recorded in every case, whatever the caller chose and however few others are. */
  readonly traced?: 'always';
  /** Whether an `Idempotency-Key` is honoured. */
  readonly repeatable?: true;
  /** The content type of an answer 200, if it is not JSON in UTF-8. */
  readonly type?: string;
  /** For the documentation: what may follow the `?`, and headers that the route looks at. */
  readonly query?: TSchema;
  readonly heeds?: TSchema;
  readonly answers: Readonly<Record<number, TSchema | undefined>>;
  /**
   * Answers at once what `handle` would answer, if that takes no time: nothing else is done for the request then. Only
   * where the path has one parameter, and with all headers that belong to the answer.
   */
  readonly atHand?: (asked: Pick<Incoming<B>, 'ids' | 'headers'>) => Answer | undefined;
  readonly handle: (incoming: Incoming<B>) => Promise<Answer>;
};

export function route<B>(declared: Route<B>): Route {
  return declared as Route;
}

export function ok(json: string | AsyncIterable<string>): Answer {
  return { status: 200, json };
}

export function created(location: string, json: string): Answer {
  return { status: 201, location, json };
}

export const noContent: Answer = { status: 204 };
