import { type Batch, type ChangeStream, guardSlot, heartbeat, quotedName, schemaNow } from '@ticketbuddy/change-stream';
import { type Loop, repeat } from '@ticketbuddy/messaging/loop';
import type { Backfill } from './backfill.ts';
import { copyPass } from './copy-pass.ts';
import { replayRejects } from './rejects.ts';
import { readCheckpoint, takeReplay } from './store.ts';
import { streamPass } from './stream-pass.ts';
import type { Pace } from './throttle.ts';

export type StartOptions = {
  readonly backfill: Backfill;
  /** Opened at the position that `begin` answered; closed by whoever opened it. */
  readonly stream: ChangeStream;
  readonly pace: Pace;
  /** The most log that the source may keep for us; beyond it the slot is dropped and a new copy needed. */
  readonly slotBytesMax: number;
  /**
   * Hears of every pass that failed; the next one comes later. One that needs a person (`SchemaChanged`, `NewCopyNeeded`) fails
   * again each time, and nothing is applied meanwhile.
   */
  readonly onError: (error: unknown) => void;
};

const idleMs = 200;
// A change is applied when it comes, and not at the next look.
const waitMs = 100;
const lookMs = 1_000;
// What comes in close succession is applied together, instead of costing a transaction each.
const gatherMs = 100;

/** Copies and follows until it is stopped: changes first, then one chunk, by one and the same writer. */
export function startBackfill(options: StartOptions): Loop {
  const { backfill, stream, pace, onError } = options;
  let [restUntil, lookAt, isCopied] = [0, 0, false];
  const urgent = new Set(backfill.tables.flatMap(({ table, isUrgent }) => (isUrgent ? quotedName(table) : [])));
  const isUrgent = ({ changes }: Batch) => changes.some(({ table }) => urgent.has(table));
  const pass = async () => {
    if (performance.now() >= lookAt) {
      await lookAfter(options);
      if (!(await isThrottled(backfill))) restUntil = 0;
      lookAt = performance.now() + lookMs;
    }
    const followed = await streamPass(backfill, stream, { waitMs: isCopied ? waitMs : 0 });
    if (isCopied && followed.outcome !== 'paused') {
      if (followed.changes > 0) await stream.untilChanged(gatherMs, isUrgent);
      return 1;
    }
    if (performance.now() < restUntil) return followed.transactions;
    const copied = await copyPass(backfill, pace);
    isCopied = copied.outcome === 'complete';
    restUntil = copied.isLast ? 0 : performance.now() + pace.restMs;
    return followed.transactions + copied.rows;
  };
  return repeat(pass, { idleMs, onError });
}

/** Sees to what the stream itself is silent about: a source that nobody changes, a table that is no longer in it, a full disk. */
async function lookAfter({ backfill, slotBytesMax }: StartOptions): Promise<void> {
  const { source, unit, writer } = backfill;
  await guardSlot(source, unit, { bytesMax: slotBytesMax });
  await schemaNow(source, unit);
  await heartbeat(source, unit);
  if (await writer.transaction((tx) => takeReplay(tx, writer))) await replayRejects(backfill);
}

/** A rest ends with the limit it is for. */
async function isThrottled({ writer }: Backfill): Promise<boolean> {
  const checkpoint = await writer.transaction((tx) => readCheckpoint(tx, writer));
  return checkpoint?.probeMsMax !== undefined;
}
