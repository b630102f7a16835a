import { type Batch, type ChangeStream, isPast } from '@ticketbuddy/change-stream';
import { applyChanges } from './apply-changes.ts';
import type { Backfill } from './backfill.ts';
import { forgetApplied, lockStanding, readApplied, readCheckpoint, saveApplied, savePosition } from './store.ts';
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

/**
 * Applies what the stream has, each transaction of the source as one of the target, together with its position: whatever is
 * killed, each is applied once. Only then the source is told that it may forget it.
 */
export async function streamPass(
  backfill: Backfill,
  stream: ChangeStream,
  { transactionsMax = 500, waitMs = 0 }: StreamPassOptions = {},
): Promise<StreamPass> {
  const { writer } = backfill;
  const checkpoint = await writer.transaction((tx) => readCheckpoint(tx, writer));
  const done = { transactions: 0, changes: 0, rejected: 0 };
  if (checkpoint?.isPaused) return { outcome: 'paused', ...done };
  while (done.transactions < transactionsMax) {
    const batch = await stream.next(done.transactions === 0 ? waitMs : 0);
    if (!batch) break;
    done.rejected += await applyBatch(backfill, batch);
    stream.acknowledge(batch.position);
    done.transactions += 1;
    done.changes += batch.changes.length;
  }
  if (done.changes > 0) await forgetWhatIsSeen(backfill);
  return { outcome: 'applied', ...done };
}

async function applyBatch(backfill: Backfill, batch: Batch): Promise<number> {
  const { writer } = backfill;
  return writer.transaction(async (tx) => {
    const { position, hasRejects, incomplete } = await lockStanding(tx, writer);
    // It was applied by one that was killed before it could say so.
    if (!isPast(batch.position, position)) return 0;
    const rejected = await applyChanges(tx, backfill, batch.changes, hasRejects);
    await backfill.note?.(tx, batch);
    const copied = incomplete.filter((name) => batch.changes.some(({ table }) => table === name));
    if (copied.length > 0) await saveApplied(tx, writer, copied, batch.xid);
    await savePosition(tx, writer, batch.position, batch.heartbeat);
    return rejected;
  });
}

// What one snapshot sees, all later ones see, and chunks are read in later ones.
async function forgetWhatIsSeen({ source, writer }: Backfill): Promise<void> {
  const applied = await writer.transaction((tx) => readApplied(tx, writer));
  if (applied.length === 0) return;
  const snapshot = await readSnapshot(source);
  const seen = applied.map(({ xid }) => xid).filter((xid) => sees(snapshot, xid));
  await writer.transaction((tx) => forgetApplied(tx, writer, seen));
}
