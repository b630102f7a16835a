import { type Change, quotedName, type Row } from '@ticketbuddy/change-stream';
import type pg from 'pg';
import { applyChanges } from './apply-changes.ts';
import { type Backfill, type Loaded, type TableTarget, targetOf } from './backfill.ts';
import { rejectedKeys } from './rejects.ts';
import {
  type Copy,
  commitWithoutWaiting,
  forgetApplied,
  lockStanding,
  type Recent,
  readApplied,
  readCheckpoint,
  readCopies,
  saveCopy,
} from './store.ts';
import { type Chunk, withChunk } from './store-source.ts';
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
  /** The table had no more: whoever rests between chunks need not rest after this one. */
  readonly isLast: boolean;
};

const nothing = { rows: 0, rejected: 0, isLast: false };

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
  const target = targetOf(backfill, copy.table);
  const restedMs = pace.restMs;
  const limit = await pace.rowsNow(source, probeMsMax);
  const startedAt = performance.now();
  const request = { unit, table: target.table, watermark: copy.watermark, limit };
  const write = (chunk: Chunk) =>
    writeChunk(backfill, target, chunk, async (rows) => ({
      ...(await advanced(copy, chunk, rows)),
      recent: recently(copy.recent, { rows, ms: restedMs + performance.now() - startedAt }),
    }));
  return pace.watching(source, probeMsMax, () => withChunk(source, request, write));
}

async function writeChunk(
  backfill: Backfill,
  target: TableTarget,
  chunk: Chunk,
  copyNow: (rows: number) => Promise<Copy>,
): Promise<CopyPass> {
  const { writer } = backfill;
  const { snapshot } = chunk;
  return writer.transaction(async (tx) => {
    const { hasRejects } = await lockStanding(tx, writer);
    const applied = await readApplied(tx, writer);
    // Which keys they changed does not matter here: the moment in which a commit is in the log and not yet visible is
    // short, and to read a chunk again costs little.
    const table = quotedName(target.table);
    if (applied.some((change) => change.table === table && !sees(snapshot, change.xid))) {
      return { outcome: 'reread', ...nothing };
    }
    const { rows, rejected } = await writeRows(tx, backfill, target, chunk, hasRejects);
    await forgetApplied(
      tx,
      writer,
      applied.map(({ xid }) => xid).filter((xid) => sees(snapshot, xid)),
    );
    await saveCopy(tx, writer, await copyNow(rows));
    return { outcome: 'copied', rows, rejected, isLast: chunk.span.upTo === null };
  });
}

async function writeRows(
  tx: pg.PoolClient,
  backfill: Backfill,
  target: TableTarget,
  chunk: Chunk,
  hasRejects: boolean,
): Promise<{ readonly rows: number; readonly rejected: number }> {
  const { written, others } = await load(tx, backfill, target, chunk, hasRejects);
  const changes = others.map((row) => toInsert(target, row));
  const rejected = changes.length > 0 ? await applyChanges(tx, backfill, changes, hasRejects) : 0;
  return { rows: written + others.length, rejected };
}

/** Answers what is left for `apply`: all, where there is no faster way. */
async function load(
  tx: pg.PoolClient,
  { writer }: Backfill,
  target: TableTarget,
  chunk: Chunk,
  hasRejects: boolean,
): Promise<Loaded> {
  const [first] = target.load ? await chunk.rows(1) : [];
  const isOpen = first && (await target.apply(tx, [toInsert(target, first)])).length === 0;
  if (!target.load || !isOpen) return { written: 0, others: await chunk.rows() };
  // A crash of the target takes the watermark with the rows, so that the chunk comes again.
  await commitWithoutWaiting(tx);
  return target.load(tx, chunk, hasRejects ? await rejectedKeys(tx, writer, target.table) : []);
}

function toInsert({ table }: TableTarget, row: Row): Change {
  return { table: quotedName(table), operation: 'insert', oldKey: null, row };
}

/** The copy as it is when this chunk is written. An estimate that turns out to be wrong is replaced by a count. */
async function advanced(copy: Copy, chunk: Chunk, rows: number): Promise<Copy> {
  const watermark = chunk.span.upTo ?? copy.watermark;
  const isComplete = chunk.span.upTo === null;
  const rowsCopied = copy.rowsCopied + rows;
  const isOver = rowsCopied > copy.rowsEstimated || (!isComplete && rowsCopied === copy.rowsEstimated);
  if (!isComplete && !isOver) return { ...copy, watermark, rowsCopied };
  const rowsEstimated = rowsCopied + (isComplete ? 0 : await chunk.countAfter());
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

// A throttle may be changed in the middle of a copy: what was long ago tells nothing of what is left.
function recently(before: Recent, { rows, ms }: Recent): Recent {
  const remembered = 0.5 ** (ms / halfForgottenMs);
  return { rows: before.rows * remembered + rows, ms: before.ms * remembered + ms };
}

const halfForgottenMs = 30_000;

// Rows come and go while they are copied; that is no error of the estimate.
const tolerance = 0.1;
