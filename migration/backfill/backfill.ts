import assert from 'node:assert/strict';
import {
  type Batch,
  type Change,
  type Key,
  quotedName,
  type Row,
  type SourceTable,
  type Unit,
} from '@ticketbuddy/change-stream';
import type pg from 'pg';
import type { Chunk } from './store-source.ts';
import type { Writer } from './writer.ts';

/** A change that cannot be mapped, and why, for the person who has to mend it. */
export type Reject = { readonly change: Change; readonly reason: string };

/** Where the rows of one table of the source go. */
export type TableTarget = {
  readonly table: SourceTable;
  /** False for a table of which only changes are wanted. */
  readonly isCopied?: boolean;
  /** Somebody waits for its changes: they are applied at once, and not together with what comes after. */
  readonly isUrgent?: boolean;
  /**
   * Makes the target what the changes, of this table and in their order, say; answers those that cannot be mapped. History may
   * repeat itself while the copy runs, so an insert may find its row, and an update or a delete may not: in the end only
   * the last state counts. What it throws undoes the whole transaction, and the same changes come again.
   */
  apply(tx: pg.PoolClient, changes: readonly Change[]): Promise<readonly Reject[]>;
  /**
   * A faster way for the rows of a chunk: writes those for which it serves, as `apply` would have done, and answers the
   * others. Those whose keys are `apart` have to be among them. It is not called where `apply` has rejected the first
   * row, so whoever stands before `apply` to hold back rows holds back all of them.
   */
  readonly load?: (tx: pg.PoolClient, chunk: Chunk, apart: readonly Key[]) => Promise<Loaded>;
};

export type Loaded = { readonly written: number; readonly others: readonly Row[] };

/** All that the passes need. Passes of one backfill are called one after the other. */
export type Backfill = {
  readonly source: pg.Pool;
  readonly writer: Writer;
  readonly unit: Unit;
  readonly tables: readonly TableTarget[];
  /** Called with the batches that a transaction applies, also those without changes, in that transaction. */
  readonly note?: (tx: pg.PoolClient, batches: readonly Batch[]) => Promise<void>;
};

export function copiedTables({ tables }: Backfill): TableTarget[] {
  return tables.filter(({ isCopied = true }) => isCopied);
}

export function targetOf({ tables }: Backfill, name: string): TableTarget {
  const target = tables.find(({ table }) => quotedName(table) === name);
  assert(target, `nobody takes the changes of the table ${name}`);
  return target;
}
