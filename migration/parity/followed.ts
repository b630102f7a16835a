import type { Position, Unit } from '@ticketbuddy/change-stream';
import type pg from 'pg';
import type { Compared, Range } from './compared.ts';

/**
 * `none`: no change of the range lies between the snapshot and the position; `some`: one does; `unknown`: the record of
 * changes does not reach so far back.
 */
export type Changed = 'none' | 'some' | 'unknown';

/** Keys of one table, which is named as changes name it. */
export type ChangedRange = Range & { readonly table: string };

export type LastChange = { readonly xid: number; readonly position: Position; readonly notedAt: string };

/** A source, and a target that is kept equal to it by a change stream, while both are in use. */
export type Followed = {
  readonly source: pg.Pool;
  readonly target: pg.Pool;
  readonly unit: Unit;
  /** Where the target keeps the checkpoint of the unit. */
  readonly schema: string;
  /**
   * Whether the range was changed by a transaction that one of the two shows and the other does not: one that the snapshot of
   * the source does not see and that ends at the position or before, or one that it sees and that ends after it. It is asked when the
   * target has applied, and so noted, all that the snapshot sees and all up to the position.
   */
  readonly changedBetween: (snapshot: string, position: Position, range: ChangedRange) => Promise<Changed>;
  /** The last change that is known of a row, for the person who reads of a difference. */
  readonly lastChange?: (table: string, key: string) => Promise<LastChange | undefined>;
};

export type FollowedTable = Compared & {
  /** The table of the source as changes name it (`quotedName`). */
  readonly changesOf: string;
};
