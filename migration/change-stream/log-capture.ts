import { setTimeout as delay } from 'node:timers/promises';
import { conflict } from '@ticketbuddy/errors';
import type pg from 'pg';
import type { Capturing, Kept } from './capturing.ts';
import { NewCopyNeeded, SchemaChanged } from './errors.ts';
import { openLogFeed } from './log-feed.ts';
import type { Position } from './position.ts';
import { type Queryable, readShape } from './store.ts';
import {
  deleteSlot,
  insertSlot,
  logWholeRows,
  publish,
  readSlot,
  readUnpublished,
  restoreIdentity,
} from './store-log.ts';
import type { Unit } from './unit.ts';

/** The source's own log, through a publication and a slot. */
export const logCapture: Capturing = {
  kind: 'log',
  createTables: async () => undefined,
  takeTable: logWholeRows,
  async finish(client, unit) {
    await publish(client, unit);
    await assertPublished(client, unit);
  },
  readShape,
  assertWhole: assertPublished,
  acceptShapes: async () => undefined,
  renew: async () => undefined,
  releaseTable: (client, _unit, table) => restoreIdentity(client, table),
  begin: beginSlot,
  end: (pool, unit) => endSlot(pool, unit),
  readKept,
  openFeed: openLogFeed,
};

async function assertPublished(client: Queryable, unit: Unit): Promise<void> {
  const [missing] = await readUnpublished(client, unit);
  if (missing?.isGone) throw new SchemaChanged(missing.name, 'there', 'gone');
  if (missing) throw new NewCopyNeeded(unit.name, 'table-unpublished', `: ${missing.name}`);
}

function beginSlot(pool: pg.Pool, unit: Unit): Promise<Position> {
  return insertSlot(pool, unit).catch((error: { code?: string }) => {
    if (error.code !== '42710') throw error;
    throw conflict('slot_exists', `The unit ${unit.name} has a replication slot already`);
  });
}

const endAttemptsMax = 100;

async function endSlot(pool: pg.Pool, unit: Unit, attempt = 1): Promise<void> {
  try {
    await deleteSlot(pool, unit);
  } catch (error) {
    const { code } = error as { code?: string };
    // Its reader has not ended yet, or somebody else has dropped it at the same moment.
    if (code === '42704') return;
    if (code !== '55006' || attempt === endAttemptsMax) throw error;
    await delay(50);
    await endSlot(pool, unit, attempt + 1);
  }
}

async function readKept(pool: pg.Pool, unit: Unit): Promise<Kept> {
  const slot = await readSlot(pool, unit);
  if (!slot) throw new NewCopyNeeded(unit.name, 'slot-missing');
  if (slot.isInvalid) throw new NewCopyNeeded(unit.name, 'slot-invalidated');
  return { ...slot, isCutOff: false };
}
