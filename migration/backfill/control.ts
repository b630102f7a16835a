import { absent } from '@ticketbuddy/errors';
import type pg from 'pg';
import { saveControl } from './store.ts';

/** Where a unit is steered, from any process: what is written here holds from the next pass on. */
export type Control = { readonly pool: pg.Pool; readonly schema: string; readonly unit: string };

/** Copy and stream stand still, on purpose. The source keeps its log for them meanwhile: mind the slot's limit. */
export function pause(control: Control): Promise<void> {
  return save(control, 'is_paused', true);
}

export function resume(control: Control): Promise<void> {
  return save(control, 'is_paused', false);
}

/** The copy gives way while the probe at the source takes longer than this, in ms. */
export function throttle(control: Control, probeMsMax: number | 'off'): Promise<void> {
  return save(control, 'probe_ms_max', probeMsMax === 'off' ? null : probeMsMax);
}

/** Rejected rows are given to their tables again, as after the mapping was mended. */
export function askReplay(control: Control): Promise<void> {
  return save(control, 'is_replay_asked', true);
}

async function save(control: Control, column: string, value: boolean | number | null): Promise<void> {
  if ((await saveControl(control.pool, control, column, value)) === 0) throw absent(`The backfill of ${control.unit}`);
}
