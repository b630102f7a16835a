import type { Position } from './position.ts';

/** Each column's value as the very text that PostgreSQL writes for it; `null` is SQL's null, never the empty text. */
export type Row = Readonly<Record<string, string | null>>;

/** The columns of the primary key alone. */
export type Key = Readonly<Record<string, string>>;

/** One change of one row. `table` is its quoted name. An update never changes the key: that comes as delete and insert. */
export type Change =
  | { readonly table: string; readonly operation: 'insert'; readonly oldKey: null; readonly row: Row }
  | { readonly table: string; readonly operation: 'update'; readonly oldKey: Key; readonly row: Row }
  | { readonly table: string; readonly operation: 'delete'; readonly oldKey: Key; readonly row: null }
  | { readonly table: string; readonly operation: 'truncate'; readonly oldKey: null; readonly row: null };

/** One row that the source's side writes at intervals, so that silence can be told from health. */
export type Heartbeat = { readonly beat: number; readonly writtenAt: string };

/**
 * One committed transaction of the source. `changes` is empty for what is not to be applied (a heartbeat, a transaction
 * of our own origin): its position counts all the same.
 */
export type Batch = {
  /** The end of its commit: whoever has saved this one is never sent the transaction again. */
  readonly position: Position;
  readonly commitLsn: Position;
  /** The lower 32 bits of the transaction's id, as they stand in the log. */
  readonly xid: number;
  /** The replication origin that it carries. */
  readonly origin: string | undefined;
  readonly heartbeat: Heartbeat | undefined;
  readonly changes: readonly Change[];
};
