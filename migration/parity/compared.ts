import type { Kind } from './canonical.ts';

/** A table in one database. */
export type Place = {
  /** As SQL names it, with its schema; a subquery in brackets will do as well. */
  readonly table: string;
  /** SQL of the key, a uuid, as it stands in an index. */
  readonly key: string;
};

/** A fact that rows on both sides have to agree on; `source` and `target` are SQL over a row of each. */
export type ComparedColumn = {
  readonly name: string;
  readonly kind: Kind;
  readonly source: string;
  readonly target: string;
};

/** Two tables that have to hold the same. */
export type Compared = {
  readonly name: string;
  readonly source: Place;
  readonly target: Place;
  /** Besides the key. */
  readonly columns: readonly ComparedColumn[];
};

export type SideOf = 'source' | 'target';

/**
 * Keys after `after`, up to and with `upTo`; unset: without a limit. With `keys`, no others than these. Keys are in the
 * order of PostgreSQL's uuid.
 */
export type Range = {
  readonly after?: string | undefined;
  readonly upTo?: string | undefined;
  readonly keys?: readonly string[] | undefined;
};
