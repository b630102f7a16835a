import { type Batch, type ChangeStream, isPast } from '@ticketbuddy/change-stream';
import { applyChanges } from './apply-changes.ts';
import type { Backfill } from './backfill.ts';
import { type AppliedXid, advance, forgetApplied, lockStanding, readApplied } from './store.ts';
import { readSnapshot } from './store-source.ts';
import { sees } from './visibility.ts';

export type StreamPass = {
  readonly outcome: 'applied' | 'paused';
  /** How many transactions of the source, those without changes for us included. */
  readonly transactions: number;
  readonly changes: number;
  readonly rejected: number;
};

export type StreamPassOptions = {
  readonly transactionsMax?: number;
  /** How long to wait for the first one. */
  readonly waitMs?: number;
};

// Transactions without anything for us, such as our own, are not worth one each.
const emptyMs = 200;
// So many wait for each other at most, when one of them is in need of a lock.
const togetherMax = 100;

/**
 * Applies what the stream has. What has come while the last was applied is applied together, in one transaction with the
 * position of its end: whatever is killed, each is applied once, and nobody sees half of one. Only then the source is told that
 * it may forget them.
 */
export async function streamPass(
  backfill: Backfill,
  stream: ChangeStream,
  { transactionsMax = 500, waitMs = 0 }: StreamPassOptions = {},
): Promise<StreamPass> {
  const done = { transactions: 0, changes: 0, rejected: 0 };
  let isRemembering = false;
  while (done.transactions < transactionsMax) {
    const first = await stream.next(done.transactions === 0 ? waitMs : 0);
    if (!first) break;
    await stream.untilChanged(emptyMs);
    const batches = together(first, stream.waiting, Math.min(togetherMax, transactionsMax - done.transactions));
    const applied = await applyBatches(backfill, batches);
    if (applied === 'paused') return { outcome: 'paused', ...done };
    stream.acknowledge((batches.at(-1) ?? first).position);
    done.transactions += batches.length;
    done.rejected += applied.rejected;
    for (const { changes } of batches) done.changes += changes.length;
    isRemembering = applied.isRemembering;
  }
  if (isRemembering) await forgetWhatIsSeen(backfill);
  return { outcome: 'applied', ...done };
}

// A line that broke in between leaves nothing waiting.
function together(first: Batch, waiting: readonly Batch[], most: number): readonly Batch[] {
  return waiting[0] === first ? waiting.slice(0, most) : [first];
}

/** While a copy is under way, what was applied is remembered until a chunk surely has it. */
type Applied = { readonly rejected: number; readonly isRemembering: boolean };

async function applyBatches(backfill: Backfill, batches: readonly Batch[]): Promise<Applied | 'paused'> {
  const { writer } = backfill;
  return writer.transaction(async (tx) => {
    const { position, hasRejects, isPaused, isRemembering } = await lockStanding(tx, writer);
    if (isPaused) return 'paused';
    // Others were applied by one that was killed before it could say so.
    const due = batches.filter((batch) => isPast(batch.position, position));
    const last = due.at(-1);
    if (!last) return { rejected: 0, isRemembering };
    const changes = due.flatMap((batch) => batch.changes);
    const rejected = await applyChanges(tx, backfill, changes, hasRejects);
    await backfill.note?.(tx, due);
    const heartbeat = due.findLast((batch) => batch.heartbeat)?.heartbeat;
    await advance(tx, writer, last.position, heartbeat, due.flatMap(changedTables));
    return { rejected, isRemembering };
  });
}

function changedTables({ changes, xid }: Batch): AppliedXid[] {
  return [...new Set(changes.map(({ table }) => table))].map((table) => ({ table, xid }));
}

// What one snapshot sees, all later ones see, and chunks are read in later ones.
async function forgetWhatIsSeen({ source, writer }: Backfill): Promise<void> {
  const applied = await writer.transaction((tx) => readApplied(tx, writer));
  if (applied.length === 0) return;
  const snapshot = await readSnapshot(source);
  const seen = applied.map(({ xid }) => xid).filter((xid) => sees(snapshot, xid));
  await writer.transaction((tx) => forgetApplied(tx, writer, seen));
}
