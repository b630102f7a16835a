import type { Change, Row, SourceTable } from '@ticketbuddy/change-stream';
import { applyChanges } from './apply-changes.ts';
import { type Backfill, targetOf } from './backfill.ts';
import { type Copy, forgetApplied, lockStanding, readApplied, readCheckpoint, readCopies, saveCopy } from './store.ts';
import { type Chunk, countAfter, readChunk } from './store-source.ts';
import type { Pace } from './throttle.ts';
import { sees } from './visibility.ts';

export type CopyPass = {
  /**
   * `reread`: a change that was applied already is not in the chunk yet, so the chunk was thrown away; `complete`: there is
   * nothing left to copy.
   */
  readonly outcome: 'copied' | 'reread' | 'complete' | 'paused';
  /** How many rows the chunk had, those that were rejected included. */
  readonly rows: number;
  readonly rejected: number;
};

const nothing = { rows: 0, rejected: 0 };

/**
 * Copies the next chunk, in one transaction together with its watermark: killed at any point, the next pass reads this one
 * chunk again. Throws `SchemaChanged` when the table is not what it was.
 */
export async function copyPass(backfill: Backfill, pace: Pace): Promise<CopyPass> {
  const { source, writer, unit } = backfill;
  const { isPaused, probeMsMax, copies } = await writer.transaction(async (tx) => ({
    ...(await readCheckpoint(tx, writer)),
    copies: await readCopies(tx, writer),
  }));
  if (isPaused) return { outcome: 'paused', ...nothing };
  const copy = copies.find(({ isComplete }) => !isComplete);
  if (!copy) return { outcome: 'complete', ...nothing };
  const { table } = targetOf(backfill, copy.table);
  const limit = await pace.rowsNow(source, probeMsMax);
  const startedAt = performance.now();
  const chunk = await readChunk(source, { unit, table, watermark: copy.watermark, limit });
  const next = await advanced(backfill, copy, table, chunk, limit);
  return writeChunk(backfill, chunk, () => ({ ...next, busyMs: copy.busyMs + performance.now() - startedAt }));
}

async function writeChunk(backfill: Backfill, { rows, snapshot }: Chunk, copyNow: () => Copy): Promise<CopyPass> {
  const { writer } = backfill;
  return writer.transaction(async (tx) => {
    const { hasRejects } = await lockStanding(tx, writer);
    const { table } = copyNow();
    const applied = await readApplied(tx, writer);
    // Which keys they changed does not matter here: the moment in which a commit is in the log and not yet visible is
    // short, and to read a chunk again costs little.
    if (applied.some((change) => change.table === table && !sees(snapshot, change.xid))) {
      return { outcome: 'reread', ...nothing };
    }
    const changes = rows.map((row): Change => ({ table, operation: 'insert', oldKey: null, row }));
    const rejected = await applyChanges(tx, backfill, changes, hasRejects);
    await forgetApplied(
      tx,
      writer,
      applied.map(({ xid }) => xid).filter((xid) => sees(snapshot, xid)),
    );
    await saveCopy(tx, writer, copyNow());
    return { outcome: 'copied', rows: rows.length, rejected };
  });
}

/** The copy as it is when this chunk is written. An estimate that turns out to be wrong is replaced by a count. */
async function advanced(
  { source }: Backfill,
  copy: Copy,
  table: SourceTable,
  { rows }: Chunk,
  limit: number,
): Promise<Copy> {
  const watermark = watermarkOf(table, rows.at(-1)) ?? copy.watermark;
  const rowsCopied = copy.rowsCopied + rows.length;
  const isComplete = rows.length < limit;
  const isOver = rowsCopied > copy.rowsEstimated || (!isComplete && rowsCopied === copy.rowsEstimated);
  if (!isComplete && !isOver) return { ...copy, watermark, rowsCopied };
  const rowsEstimated = rowsCopied + (isComplete ? 0 : await countAfter(source, table, watermark));
  const isWrong = Math.abs(rowsEstimated - copy.rowsEstimated) > copy.rowsEstimated * tolerance;
  return {
    ...copy,
    watermark,
    rowsCopied,
    isComplete,
    rowsEstimated,
    estimateWasWrong: copy.estimateWasWrong || isWrong,
  };
}

// Rows come and go while they are copied; that is no error of the estimate.
const tolerance = 0.1;

function watermarkOf({ key }: SourceTable, last: Row | undefined): string[] | undefined {
  return last && key.map((column) => last[column] ?? '');
}
