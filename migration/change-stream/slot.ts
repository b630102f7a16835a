import { setTimeout as delay } from 'node:timers/promises';
import { conflict } from '@ticketbuddy/errors';
import type pg from 'pg';
import { NewCopyNeeded } from './errors.ts';
import { isPast, type Position } from './position.ts';
import { deleteSlot, insertSlot, readSlot, type Slot } from './store.ts';
import type { Unit } from './unit.ts';

/**
 * Makes the unit's replication slot; to be done after `prepare` and before the first chunk is read. Answers the position from
 * which its stream begins. Waits for the transactions that are open in the source. Throws a conflict when there is one already.
 */
export async function createSlot(pool: pg.Pool, unit: Unit): Promise<Position> {
  return insertSlot(pool, unit).catch((error: { code?: string }) => {
    if (error.code !== '42710') throw error;
    throw conflict('slot_exists', `The unit ${unit.name} has a replication slot already`);
  });
}

const dropAttemptsMax = 100;

/** Ends the stream that reads the unit's slot and drops the slot; nothing when there is none. */
export async function dropSlot(pool: pg.Pool, unit: Unit, attempt = 1): Promise<void> {
  try {
    await deleteSlot(pool, unit);
  } catch (error) {
    const { code } = error as { code?: string };
    // Its reader has not ended yet, or somebody else has dropped it at the same moment.
    if (code === '42704') return;
    if (code !== '55006' || attempt === dropAttemptsMax) throw error;
    await delay(50);
    await dropSlot(pool, unit, attempt + 1);
  }
}

/** How many bytes of log the source keeps for the slot. Throws `NewCopyNeeded` when it is gone or invalidated. */
export async function slotSize(
  pool: pg.Pool,
  unit: Unit,
): Promise<{ readonly bytes: number; readonly isActive: boolean }> {
  const { bytes, isActive } = await usableSlot(pool, unit);
  return { bytes, isActive };
}

/**
 * To be called at intervals, whether the stream runs or not: drops a slot for which the source keeps more than `bytesMax`, so that a
 * stream that stands still never fills the source's disk, and throws `NewCopyNeeded`.
 */
export async function guardSlot(pool: pg.Pool, unit: Unit, { bytesMax }: { readonly bytesMax: number }): Promise<void> {
  const { bytes } = await usableSlot(pool, unit);
  if (bytes <= bytesMax) return;
  await dropSlot(pool, unit);
  throw new NewCopyNeeded(unit.name, 'slot-over-limit', ` (${bytes} bytes, at most ${bytesMax})`);
}

/** Throws `NewCopyNeeded` unless the slot can still send all that came after `position`. */
export async function assertReaches(pool: pg.Pool, unit: Unit, position: Position): Promise<void> {
  const { confirmed } = await usableSlot(pool, unit);
  if (confirmed === null || !isPast(confirmed, position)) return;
  throw new NewCopyNeeded(unit.name, 'position-before-slot', ` (${position}, and the slot is at ${confirmed})`);
}

async function usableSlot(pool: pg.Pool, unit: Unit): Promise<Slot> {
  const slot = await readSlot(pool, unit);
  if (!slot) throw new NewCopyNeeded(unit.name, 'slot-missing');
  if (slot.isInvalid) throw new NewCopyNeeded(unit.name, 'slot-invalidated');
  return slot;
}
