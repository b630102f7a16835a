import type { Place } from '@ticketbuddy/backfill';
import { type Batch, type Change, quotedName, type Row, type SourceTable } from '@ticketbuddy/change-stream';
import type pg from 'pg';
import { keyOf } from './aggregate.ts';
import { beatNote, type DatedNote, insertRecent } from './store.ts';

/** A table whose changes are noted, and by which of its columns they are found again. */
export type NotedTable = SourceTable & {
  /**
   * Lists of columns: one list is one way to name an aggregate (`['EventId']` for all seats of an event). A row must keep
   * its values in them for ever. Without any: by the primary key.
   */
  readonly aggregates?: readonly (readonly string[])[];
};

export type Noting = Place & { readonly tables: readonly NotedTable[] };

// A transaction that changes more than this of a table is noted as one that may have changed all of it.
const keysMax = 1_000;

/**
 * Notes which aggregates each transaction has changed, and that notes are being taken. To be called in the target's
 * transaction that applies the batches, also for those without changes; it is one statement. Once in a while it forgets
 * what is older than a minute.
 */
export async function noteChanges(tx: pg.PoolClient, noting: Noting, batches: readonly Batch[]): Promise<void> {
  const notes = batches.flatMap((batch) => notesOf(noting, batch));
  if (notes.length > 0) await insertRecent(tx, noting, notes);
}

function notesOf(noting: Noting, { changes, heartbeat, xid, position }: Batch): DatedNote[] {
  const changed = new Map<string, Set<string | null>>();
  for (const change of changes) {
    const keys = changed.get(change.table) ?? new Set();
    for (const key of keysOf(noting, change)) keys.add(key);
    changed.set(change.table, keys);
  }
  const notes = [...changed].flatMap(([table, keys]) =>
    (keys.size > keysMax ? [null] : [...keys]).map((key) => ({ table, key, xid, position })),
  );
  return heartbeat ? [...notes, { ...beatNote, xid, position }] : notes;
}

function keysOf({ tables }: Noting, change: Change): (string | null)[] {
  const table = tables.find((noted) => quotedName(noted) === change.table);
  if (!table || change.operation === 'truncate') return [null];
  return (table.aggregates ?? [table.key]).map((columns) => keyIn(change.row ?? change.oldKey, columns));
}

// A row that is deleted leaves only its key, so by other columns it may have belonged to any aggregate.
function keyIn(row: Row, columns: readonly string[]): string | null {
  if (columns.some((column) => row[column] === undefined)) return null;
  return keyOf(Object.fromEntries(columns.map((column) => [column, row[column] ?? null])));
}
