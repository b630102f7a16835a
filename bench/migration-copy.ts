import {
  type Backfill,
  begin,
  createPace,
  openWriter,
  type Place,
  progress,
  readCheckpoint,
  startBackfill,
  throttle,
} from '@ticketbuddy/backfill';
import { abandon, heartbeat, openChangeStream } from '@ticketbuddy/change-stream';
import { tableTarget } from '@ticketbuddy/mapping';
import { createShadowTables, noteChanges } from '@ticketbuddy/shadow';
import { until } from '@ticketbuddy/testing';
import { endWhenInterrupted } from './interrupted.ts';
import { events, type Side } from './migration-sides.ts';
import { once } from './selling-shop.ts';

export const place: Place = { schema: 'migration', unit: 'bench' };

export type Copying = {
  readonly backfill: Backfill;
  /** Resolves when the copy is complete. */
  complete(): Promise<void>;
  /** Resolves when all that was committed at the source before the call is in the target. */
  follow(): Promise<void>;
  /** Leaves nothing at the source, and in the target only the rows. */
  stop(): Promise<void>;
};

const longestMs = 600_000;

/** Empties the target, and copies and follows as `migrate start` does, until it is stopped. */
export async function startCopying(
  { source, target }: { readonly source: Side; readonly target: Side },
  { probeMsMax }: { readonly probeMsMax?: number } = {},
): Promise<Copying> {
  const unit = { name: place.unit, tables: [events.legacy] };
  await target.pool.query(`drop schema if exists ${place.schema} cascade`);
  await target.pool.query('truncate events.events');
  await target.pool.query('checkpoint');
  const writer = await openWriter({ pool: target.pool, ...place });
  const note: Backfill['note'] = (tx, batches) => noteChanges(tx, { ...place, tables: unit.tables }, batches);
  const backfill: Backfill = { source: source.pool, writer, unit, tables: [tableTarget(events, 'next')], note };
  await createShadowTables(target.pool, place);
  const from = await begin(backfill);
  if (probeMsMax !== undefined) await throttle({ pool: target.pool, ...place }, probeMsMax);
  const stream = await openChangeStream({ ...source, unit, from });
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const loop = startBackfill({ backfill, stream, pace: createPace(), slotBytesMax: 1e12, onError: failed.reject });
  const stop = once(async () => {
    await loop.stop();
    await stream.close();
    await writer.close();
    await abandon(source.pool, unit);
  });
  endWhenInterrupted(stop);
  const untilSo = async (what: string, isSo: () => Promise<boolean>) => {
    await Promise.race([failed.promise, until(what, isSo, longestMs)]);
  };
  return {
    backfill,
    complete: () =>
      untilSo('the copy is complete', async () => (await progress(target.pool, place)).every((one) => one.isComplete)),
    async follow() {
      const beat = await heartbeat(source.pool, unit);
      await untilSo(
        'all changes are applied',
        async () => ((await readCheckpoint(target.pool, place))?.heartbeat?.beat ?? 0) >= beat,
      );
    },
    stop,
  };
}
