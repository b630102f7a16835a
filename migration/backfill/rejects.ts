import assert from 'node:assert/strict';
import { type Change, type Key, quotedName, type SourceTable } from '@ticketbuddy/change-stream';
import type pg from 'pg';
import type { Backfill, Reject } from './backfill.ts';
import { keyText } from './collapse.ts';
import type { Place } from './store.ts';
import {
  countByTable,
  deleteRejects,
  firstRejects,
  type RejectRow,
  readRejectedKeys,
  readRejects,
  saveRejects,
} from './store-rejects.ts';

/** How many rows could not be mapped, per table. While there are any, the target is not the source. */
export function countRejects(
  pool: pg.Pool,
  place: Place,
): Promise<{ readonly table: string; readonly rejects: number }[]> {
  return countByTable(pool, place);
}

/** What could not be mapped, and why, the oldest first. `row` is JSON of its exact texts, `null` for a delete. */
export function listRejects(pool: pg.Pool, place: Place, limit: number): Promise<RejectRow[]> {
  return firstRejects(pool, place, limit);
}

const replayedAtOnce = 500;

/** Gives every rejected row to its table again, as after the mapping was mended. Answers how many are rejected still. */
export async function replayRejects(
  backfill: Backfill,
): Promise<{ readonly applied: number; readonly rejected: number }> {
  let [applied, rejected] = [0, 0];
  for (const target of backfill.tables) {
    let after: string | undefined = '';
    while (after !== undefined) {
      const step = await replayStep(backfill, target, after);
      applied += step.applied;
      rejected += step.rejected;
      after = step.last;
    }
  }
  return { applied, rejected };
}

async function replayStep({ writer }: Backfill, { table, apply }: Backfill['tables'][number], after: string) {
  return writer.transaction(async (tx) => {
    const rows = await readRejects(tx, writer, quotedName(table), after, replayedAtOnce);
    const changes = rows.map((row) => toChange(row, table));
    const rejects = changes.length > 0 ? await apply(tx, changes) : [];
    await saveOutcome(tx, writer, table, changes, rejects);
    return { applied: changes.length - rejects.length, rejected: rejects.length, last: rows.at(-1)?.key };
  });
}

/**
 * Only the last word on a row counts: one that is applied by now, deleted or rejected anew takes the place of what was
 * rejected before.
 */
export async function saveOutcome(
  tx: pg.PoolClient,
  writer: Place,
  table: SourceTable,
  changes: readonly Change[],
  rejects: readonly Reject[],
): Promise<void> {
  const reasons = new Map(rejects.map(({ change, reason }) => [change, reason]));
  assert.equal(
    changes.filter((change) => reasons.has(change)).length,
    rejects.length,
    'a reject is one of the changes',
  );
  const last = new Map<string, RejectRow | undefined>();
  for (const change of changes) {
    if (change.operation === 'truncate') {
      last.clear();
      await deleteRejects(tx, writer, quotedName(table));
    } else last.set(keyText(change, table.key), toReject(change, table, reasons.get(change)));
  }
  const rejected = [...last.values()].filter((reject) => reject !== undefined);
  await deleteRejects(tx, writer, quotedName(table), [...last.keys()]);
  if (rejected.length > 0) await saveRejects(tx, writer, rejected);
}

/** The keys of all rows of the table that are set aside. */
export async function rejectedKeys(tx: pg.PoolClient, writer: Place, table: SourceTable): Promise<Key[]> {
  return (await readRejectedKeys(tx, writer, quotedName(table))).map((key) => toKey(key, table));
}

function toReject(
  change: Exclude<Change, { operation: 'truncate' }>,
  table: SourceTable,
  reason: string | undefined,
): RejectRow | undefined {
  if (reason === undefined) return undefined;
  const { operation, row } = change;
  const key = keyText(change, table.key);
  return { table: quotedName(table), key, operation, row: row && JSON.stringify(row), reason };
}

function toChange({ table, key, row }: RejectRow, of: SourceTable): Change {
  if (row !== null) return { table, operation: 'insert', oldKey: null, row: JSON.parse(row) };
  return { table, operation: 'delete', oldKey: toKey(key, of), row: null };
}

function toKey(text: string, { key }: SourceTable): Key {
  const values = JSON.parse(text) as string[];
  return Object.fromEntries(key.map((column, at) => [column, values[at] ?? '']));
}
