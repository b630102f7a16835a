import type pg from 'pg';
import type { Capturing } from './capturing.ts';
import { logCapture } from './log-capture.ts';
import { hasOwnTables, type Queryable, readWalLevel } from './store.ts';
import { hasChangeTable } from './store-triggers.ts';
import { triggerCapture } from './trigger-capture.ts';
import type { Unit } from './unit.ts';

/** How the unit's changes are captured, as was decided when it was prepared. */
export async function capturingOf(client: Queryable, unit: Unit): Promise<Capturing> {
  return (await hasChangeTable(client, unit)) ? triggerCapture : logCapture;
}

/** The same, or how they will be: by the log, unless the source keeps none that can be read, or triggers are asked for. */
export async function chooseCapturing(pool: pg.Pool, unit: Unit): Promise<Capturing> {
  if (await hasOwnTables(pool, unit)) return capturingOf(pool, unit);
  const isLogical = unit.capture !== 'triggers' && (await readWalLevel(pool)) === 'logical';
  return isLogical ? logCapture : triggerCapture;
}

/** By what the unit's changes are captured, or would be if it was prepared now. */
export async function captureKind(pool: pg.Pool, unit: Unit): Promise<Capturing['kind']> {
  return (await chooseCapturing(pool, unit)).kind;
}
