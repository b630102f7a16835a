import type { Aggregate } from './aggregate.ts';
import type { Headers, KeptAnswer } from './answer.ts';
import type { Moment } from './store-source.ts';

/** What a client has asked for and was answered by the control. */
export type Read = {
  /** The template of the route, by which everything is counted: `GET /events/{id}`. */
  readonly endpoint: string;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** The client's. */
  readonly headers: Headers;
  /** All that the answer depends on. A list depends on its table. */
  readonly aggregates: readonly Aggregate[];
  /** What `versions.before()` said before the control was asked. */
  readonly since: Moment | undefined;
  readonly answer: KeptAnswer;
};

// With these the control may have answered something else than it does to us, who do not pass them on.
const tellingApart = ['cookie', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'range'];

/** Whether the client was told what anybody would be told. */
export function isForAnybody({ headers }: Read): boolean {
  return tellingApart.every((name) => headers[name] === undefined);
}
