import type pg from 'pg';
import type { Heartbeat } from './batch.ts';
import type { Position } from './position.ts';
import { readClock, writeHeartbeat } from './store.ts';
import type { Unit } from './unit.ts';

/** Writes the next heartbeat at the source and answers its number. It also lets the slot of a quiet unit move on. */
export function heartbeat(pool: pg.Pool, unit: Unit): Promise<number> {
  return writeHeartbeat(pool, unit);
}

export type Applied = {
  readonly position: Position;
  /** The last one that was applied. */
  readonly heartbeat: Heartbeat | undefined;
  /** Somebody wants it to stand still. */
  readonly isPaused: boolean;
};

export type Lag = {
  /**
   * `silent`: nobody writes heartbeats, so nothing is known; `behind`: it should be nearer; `paused`: it is behind on
   * purpose.
   */
  readonly state: 'following' | 'paused' | 'behind' | 'silent';
  /** Of the source's log, all databases of the server together. */
  readonly bytes: number;
  /** Since the heartbeat that was last applied was written; 0 when there is no later one. By the source's clock. */
  readonly seconds: number;
};

/** How far behind the source whoever has `applied` is. More than `secondsMax`, also without a new heartbeat, is trouble. */
export async function lag(pool: pg.Pool, unit: Unit, applied: Applied, secondsMax: number): Promise<Lag> {
  const clock = await readClock(pool, unit, applied.position, applied.heartbeat);
  const isCurrent = clock.beat === (applied.heartbeat?.beat ?? 0);
  const seconds = isCurrent ? 0 : clock.secondsSinceApplied;
  return { state: judge(applied.isPaused, seconds, clock.secondsSinceBeat, secondsMax), bytes: clock.bytes, seconds };
}

function judge(isPaused: boolean, seconds: number, secondsSinceBeat: number, secondsMax: number): Lag['state'] {
  if (isPaused) return 'paused';
  if (secondsSinceBeat > secondsMax) return 'silent';
  return seconds > secondsMax ? 'behind' : 'following';
}
