import { setTimeout as delay } from 'node:timers/promises';
import { readCheckpoint } from '@ticketbuddy/backfill';
import { heartbeat, isPast, type Position } from '@ticketbuddy/change-stream';
import { absent } from '@ticketbuddy/errors';
import type pg from 'pg';
import type { Range, SideOf } from './compared.ts';
import type { Changed, Followed } from './followed.ts';
import { atOneMoment, readLogEnd, readSourceMoment, type SourceMoment } from './store.ts';

/** What both sides hold in a range, and whether it is of one version: only then may it be compared. */
export type Look<T> = { readonly source: T; readonly target: T; readonly changed: Changed };

/** Answers what each of the ranges holds. */
export type Read<T> = (client: pg.PoolClient, side: SideOf, ranges: readonly Range[]) => Promise<readonly T[]>;

/**
 * Reads the ranges on both sides, each side in one moment: the source with its snapshot, the target with its checkpoint, so
 * that it is the source at exactly that position. Then waits until all is applied that the snapshot sees, and asks what was changed
 * between the two. What it does not hear of within `waitMsMax` is unknown.
 */
export async function lookAt<T>(
  followed: Followed,
  table: string,
  ranges: readonly Range[],
  read: Read<T>,
  waitMsMax: number,
): Promise<Look<T>[]> {
  // The less the target is behind, the less has changed between the two readings.
  await hasApplied(followed, await readLogEnd(followed.source), waitMsMax);
  const [there, here] = await Promise.all([
    atOneMoment(followed.source, async (client) => ({
      ...(await readSourceMoment(client)),
      found: await read(client, 'source', ranges),
    })),
    atOneMoment(followed.target, async (client) => ({
      position: await appliedAt(client, followed),
      found: await read(client, 'target', ranges),
    })),
  ]);
  const changes = await changesBetween(followed, table, there, here.position, ranges, waitMsMax);
  return ranges.map((_range, nth) => ({
    source: there.found[nth] as T,
    target: here.found[nth] as T,
    changed: changes[nth] ?? 'unknown',
  }));
}

/** Whatever is looked at from now on is of a later position on both sides. False when that did not come within `waitMsMax`. */
export async function moveOn(followed: Followed, waitMsMax: number): Promise<boolean> {
  await heartbeat(followed.source, followed.unit);
  return hasApplied(followed, await readLogEnd(followed.source), waitMsMax);
}

async function changesBetween(
  followed: Followed,
  table: string,
  { snapshot, position }: SourceMoment,
  applied: Position,
  ranges: readonly Range[],
  waitMsMax: number,
): Promise<Changed[]> {
  if (!(await hasApplied(followed, position, waitMsMax))) return ranges.map(() => 'unknown');
  return Promise.all(ranges.map((range) => followed.changedBetween(snapshot, applied, { ...range, table })));
}

const lookAgainMs = 5;

/** A source in which nobody writes moves by a heartbeat. */
async function hasApplied(followed: Followed, position: Position, waitMsMax: number): Promise<boolean> {
  const end = performance.now() + waitMsMax;
  for (let isNudged = false; isPast(position, await appliedAt(followed.target, followed)); isNudged = true) {
    if (performance.now() >= end) return false;
    if (!isNudged) await heartbeat(followed.source, followed.unit);
    await delay(lookAgainMs);
  }
  return true;
}

async function appliedAt(client: pg.Pool | pg.PoolClient, { schema, unit }: Followed): Promise<Position> {
  const checkpoint = await readCheckpoint(client, { schema, unit: unit.name });
  if (!checkpoint) throw absent(`The backfill of ${unit.name}`);
  return checkpoint.position;
}
