import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';

export type PaceOptions = {
  readonly chunkRows?: number;
  readonly chunkRowsMax?: number;
  /** A query of the kind that the source's users wait for; its time tells how the source is. */
  readonly probe?: (source: pg.Pool) => Promise<unknown>;
};

export type Step = {
  readonly chunkRows: number;
  /** While the source is slow by itself. */
  readonly restMs: number;
  /** For how many times as long as a chunk took the copy rests after it. */
  readonly restTimes: number;
};

/** How slow the probe was, in ms: before a chunk, and while the last one was copied. */
export type Probed = { readonly idleMs: number; readonly whileCopiedMs: number };

/** How fast a copy goes. It gives way when the source is slow, and recovers. */
export type Pace = {
  /** How long to rest before the next chunk. */
  readonly restMs: number;
  /** Asks the probe, and answers how many rows the next chunk may have. Without a limit it does not ask. */
  rowsNow(source: pg.Pool, probeMsMax: number | undefined): Promise<number>;
  /** Asks the probe again and again while a chunk is copied, which is when the source's users feel it; the next chunk heeds it. */
  watching<R>(source: pg.Pool, probeMsMax: number | undefined, copy: () => Promise<R>): Promise<R>;
};

// Then one in a hundred of the source's users meets a chunk at most, and the 99th percentile of them does not.
const restTimesMax = 99;
// Fewer rows would hardly make a chunk shorter.
const chunkRowsFelt = 2_000;

export function createPace(options: PaceOptions = {}): Pace {
  const { chunkRows = 20_000, probe = (source) => source.query('select 1') } = options;
  const { chunkRowsMax = Math.max(10_000, chunkRows) } = options;
  const unlimited: Step = { chunkRows, restMs: 0, restTimes: 0 };
  // Of a source that is to be spared nobody knows yet what it bears.
  const sparing: Step = { chunkRows: Math.min(chunkRows, chunkRowsFelt), restMs: 0, restTimes: restTimesMax };
  let step = unlimited;
  let [whileCopiedMs, chunkMs] = [0, 0];
  return {
    get restMs() {
      return Math.max(step.restMs, step.restTimes * chunkMs);
    },
    async rowsNow(source, probeMsMax) {
      if (probeMsMax === undefined) step = unlimited;
      else {
        const idleMs = await timeOf(() => probe(source));
        step = adapt(step === unlimited ? sparing : step, { idleMs, whileCopiedMs }, probeMsMax, chunkRowsMax);
      }
      whileCopiedMs = 0;
      return step.chunkRows;
    },
    async watching(source, probeMsMax, copy) {
      if (probeMsMax === undefined) return copy();
      const over = new AbortController();
      const asked = askAgain(() => probe(source), over.signal);
      const startedAt = performance.now();
      try {
        return await copy();
      } finally {
        chunkMs = performance.now() - startedAt;
        over.abort();
        whileCopiedMs = usual(await asked);
      }
    },
  };
}

const restMsMin = 50;
const restMsMax = 5_000;

/** Gives way to a source that is slow or feels the copy, and recovers bit by bit. */
export function adapt(step: Step, { idleMs, whileCopiedMs }: Probed, probeMsMax: number, chunkRowsMax: number): Step {
  if (idleMs > probeMsMax) return slower(step);
  if (whileCopiedMs > probeMsMax) return seldomer(step);
  return quicker(step, Math.max(idleMs, whileCopiedMs) <= probeMsMax / 2, chunkRowsMax);
}

function slower({ chunkRows, restMs }: Step): Step {
  return {
    chunkRows: Math.max(1, Math.floor(chunkRows / 2)),
    restMs: Math.min(restMsMax, Math.max(restMsMin, restMs * 2)),
    restTimes: restTimesMax,
  };
}

function seldomer({ chunkRows, restMs }: Step): Step {
  const fewer = Math.max(Math.min(chunkRows, chunkRowsFelt), Math.floor(chunkRows / 2));
  return { chunkRows: fewer, restMs, restTimes: restTimesMax };
}

// That one chunk was not felt may have been chance.
function quicker({ chunkRows, restMs, restTimes }: Step, isQuick: boolean, chunkRowsMax: number): Step {
  const seldom = { chunkRows, restMs, restTimes: restTimes < 1 ? 0 : restTimes * 0.8 };
  if (!isQuick) return seldom;
  if (restMs > 0) return { ...seldom, restMs: restMs <= restMsMin ? 0 : restMs / 2 };
  return { ...seldom, chunkRows: Math.min(chunkRowsMax, Math.ceil(chunkRows * 1.5)) };
}

const askEveryMs = 5;

/** How long each took, in ms. One that fails says nothing: what is wrong with the source is for the copy to find. */
async function askAgain(probe: () => Promise<unknown>, over: AbortSignal): Promise<number[]> {
  const took: number[] = [];
  while (!over.aborted) {
    await timeOf(probe).then(
      (ms) => took.push(ms),
      () => undefined,
    );
    await delay(askEveryMs, undefined, { signal: over }).catch(() => undefined);
  }
  return took;
}

// One that took long may have been chance; a quarter of them are not.
function usual(took: readonly number[]): number {
  return took.toSorted((one, other) => one - other)[Math.floor(took.length * 0.75)] ?? 0;
}

async function timeOf(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}
