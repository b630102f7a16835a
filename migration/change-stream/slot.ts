import type pg from 'pg';
import { capturingOf } from './capture.ts';
import type { Kept } from './capturing.ts';
import { NewCopyNeeded } from './errors.ts';
import { isPast, type Position } from './position.ts';
import type { Unit } from './unit.ts';

/**
 * From now on the source keeps the unit's changes; to be done after `prepare` and before the first chunk is read. Answers the
 * position from which its stream begins. Waits for the transactions that are open in the source, or on the unit's tables.
 * Throws a conflict when that has been done already.
 */
export async function createSlot(pool: pg.Pool, unit: Unit): Promise<Position> {
  return (await capturingOf(pool, unit)).begin(pool, unit);
}

/** Ends the stream that reads what the source keeps for the unit, and lets it keep nothing any more. */
export async function dropSlot(pool: pg.Pool, unit: Unit): Promise<void> {
  await (await capturingOf(pool, unit)).end(pool, unit);
}

/** How many bytes the source keeps for the unit's stream. Throws `NewCopyNeeded` when it keeps nothing any more. */
export async function slotSize(
  pool: pg.Pool,
  unit: Unit,
): Promise<{ readonly bytes: number; readonly isActive: boolean }> {
  const { bytes, isActive } = await readWhole(pool, unit);
  return { bytes, isActive };
}

/**
 * To be called at intervals, whether the stream runs or not: when the source keeps more than `bytesMax` for it, nothing is kept any
 * more, so that a stream that stands still never fills the source's disk, and `NewCopyNeeded` is thrown.
 */
export async function guardSlot(pool: pg.Pool, unit: Unit, { bytesMax }: { readonly bytesMax: number }): Promise<void> {
  const capturing = await capturingOf(pool, unit);
  const { bytes, isCutOff } = await capturing.readKept(pool, unit);
  if (bytes <= bytesMax && !isCutOff) return;
  await capturing.end(pool, unit);
  throw new NewCopyNeeded(unit.name, 'slot-over-limit', ` (${bytes} bytes, at most ${bytesMax})`);
}

/** Throws `NewCopyNeeded` unless the source still has all that came after `position`. */
export async function assertReaches(pool: pg.Pool, unit: Unit, position: Position): Promise<void> {
  const { confirmed } = await readWhole(pool, unit);
  if (confirmed === null || !isPast(confirmed, position)) return;
  throw new NewCopyNeeded(unit.name, 'position-before-slot', ` (${position}, and the slot is at ${confirmed})`);
}

async function readWhole(pool: pg.Pool, unit: Unit): Promise<Kept> {
  const kept = await (await capturingOf(pool, unit)).readKept(pool, unit);
  if (kept.isCutOff) throw new NewCopyNeeded(unit.name, 'slot-over-limit', ` (${kept.bytes} bytes)`);
  return kept;
}
