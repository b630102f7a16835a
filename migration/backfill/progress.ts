import type pg from 'pg';
import { type Copy, type Place, readCopies } from './store.ts';
import { countByTable } from './store-rejects.ts';

export type Progress = {
  readonly table: string;
  /** Rows that chunks have brought, counted; those that were rejected are among them. */
  readonly rowsCopied: number;
  readonly rowsRejected: number;
  /** Never less than what was copied. */
  readonly rowsEstimated: number;
  /** The first estimate was off by more than a tenth, and has been replaced by a count. */
  readonly estimateWasWrong: boolean;
  /** Of late, with the rests between the chunks; pauses are not in it. */
  readonly rowsPerSecond: number;
  /** At that rate; `null` before the first chunk. */
  readonly secondsLeft: number | null;
  readonly isComplete: boolean;
};

/** How far the copy of each table is. */
export async function progress(pool: pg.Pool, place: Place): Promise<Progress[]> {
  const rejects = new Map((await countByTable(pool, place)).map((row) => [row.table, row.rejects]));
  return (await readCopies(pool, place)).map((copy) => toProgress(copy, rejects.get(copy.table) ?? 0));
}

function toProgress(copy: Copy, rowsRejected: number): Progress {
  const { table, rowsCopied, rowsEstimated, estimateWasWrong, recent, isComplete } = copy;
  const rowsPerSecond = recent.ms > 0 ? (recent.rows * 1_000) / recent.ms : 0;
  const left = rowsPerSecond > 0 ? (rowsEstimated - rowsCopied) / rowsPerSecond : null;
  return {
    table,
    rowsCopied,
    rowsRejected,
    rowsEstimated,
    estimateWasWrong,
    rowsPerSecond,
    secondsLeft: isComplete ? 0 : left,
    isComplete,
  };
}
