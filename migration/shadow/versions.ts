import { type Place, readCheckpoint, sees } from '@ticketbuddy/backfill';
import { heartbeat, isPast, type Position, type Unit } from '@ticketbuddy/change-stream';
import type pg from 'pg';
import { type Aggregate, keyOf } from './aggregate.ts';
import { Gathered } from './gathered.ts';
import { Repeated } from './repeated.ts';
import { type Note, type Recent, readRecent } from './store.ts';
import { type Moment, readMoment } from './store-source.ts';

/** How two answers, of the source's application and of the target's, are known to be of one version. */
export type Versions = {
  /**
   * The lower bound of an answer that is asked for after this call: at once, from what is known, however old. `undefined`
   * when nothing is yet.
   */
  before(): Moment | undefined;
  /** Of a question that is asked after this call: the upper bound of what was answered before it. */
  next(): Promise<Moment>;
  /** Waits until the target has applied all below `end`; false when that takes too long. */
  hasApplied(end: Position): Promise<boolean>;
  /**
   * Whether, up to what the target has applied now, one of the aggregates was changed by a transaction that the moment does not
   * show, or might have been, as the moment is older than half a minute. Throws when the applier takes no notes.
   */
  hasMoved(since: Moment, aggregates: readonly Aggregate[]): Promise<boolean>;
  stop(): Promise<void>;
};

export type VersionsOptions = {
  /** To the database of the control, with a connection or two. Heartbeats of the unit are written there. */
  readonly source: pg.Pool;
  readonly target: pg.Pool;
  readonly place: Place;
  readonly unit: Unit;
  /** How long to wait for the target. */
  readonly waitMs?: number;
};

// Nobody waits for any of this, and whoever is asked has clients to answer.
const sampleMs = 50;
const idleMs = 400;
const lookMs = 50;
const gatherMs = 50;
// Notes are kept for a minute.
const momentMsMax = 30_000;

/** Asks both databases only while somebody compares, and never while a client waits. */
export function openVersions({ source, target, place, unit, waitMs = 5_000 }: VersionsOptions): Versions {
  const moments = new Repeated({ ask: () => readMoment(source), everyMs: sampleMs, idleMs });
  const positions = new Repeated({ ask: () => readPosition(target, place), everyMs: lookMs, idleMs: lookMs });
  const beat = createBeat(source, unit);
  const recent = new Gathered(gatherMs, (moves: readonly Move[]) => readMoves(target, place, moves));
  return {
    before: () => moments.latest(),
    next: () => moments.next(),
    async hasApplied(end) {
      const startedAtMs = performance.now();
      for (let waitedMs = 0; waitedMs <= waitMs; waitedMs = performance.now() - startedAtMs) {
        if (!isPast(end, await positions.next())) return true;
        beat(waitedMs);
      }
      return false;
    },
    async hasMoved(since, aggregates) {
      if (performance.now() - since.atMs > momentMsMax) return true;
      const wanted = aggregates.map(({ table, values }) => ({ table, key: values ? keyOf(values) : null }));
      const { notes, isNoted } = await recent.answer({ since, wanted });
      if (!isNoted) throw new Error(`Nobody notes the changes of the unit ${place.unit}`);
      return notes.some((note) => wanted.some((one) => isOf(one, note)) && !sees(since.snapshot, note.xid));
    },
    async stop() {
      await Promise.all([moments.stop(), positions.stop()]);
    },
  };
}

type Move = { readonly since: Moment; readonly wanted: readonly Note[] };

/** All of them at once, by the oldest moment among them. */
function readMoves(target: pg.Pool, place: Place, moves: readonly Move[]): Promise<Recent> {
  const oldest = moves.reduce((one, other) => (other.since.atMs < one.since.atMs ? other : one), moves[0] as Move);
  const wanted = moves.flatMap((move) => move.wanted);
  return readRecent(target, place, wanted, lowerHalf(oldest.since.snapshot));
}

/** A note without a key is of every row of its table, and so is whoever wants the table. */
function isOf(wanted: Note, note: Note): boolean {
  return wanted.table === note.table && (wanted.key === null || note.key === null || wanted.key === note.key);
}

async function readPosition(target: pg.Pool, place: Place): Promise<Position> {
  const checkpoint = await readCheckpoint(target, place);
  if (!checkpoint) throw new Error(`The unit ${place.unit} is not followed`);
  return checkpoint.position;
}

const quietMs = 50;
const beatMs = 200;

/** While the source is quiet, only a heartbeat moves the position of whoever follows it. */
function createBeat(source: pg.Pool, unit: Unit): (waitedMs: number) => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  return (waitedMs) => {
    if (waitedMs < quietMs || performance.now() - lastMs < beatMs) return;
    lastMs = performance.now();
    // Whoever waits finds out by waiting in vain.
    heartbeat(source, unit).catch(() => undefined);
  };
}

/** Of the oldest transaction that a snapshot may not show. */
function lowerHalf(snapshot: string): number {
  return Number(BigInt(snapshot.split(':', 1)[0] ?? '') & 0xffffffffn);
}
