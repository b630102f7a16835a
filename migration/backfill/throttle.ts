import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';

export type PaceOptions = {
  readonly chunkRows?: number;
  readonly chunkRowsMax?: number;
  /** A query of the kind that the source's users wait for; its time tells how the source is. */
  readonly probe?: (source: pg.Pool) => Promise<unknown>;
};

export type Step = { readonly chunkRows: number; readonly restMs: number };

/** How fast a copy goes. It gives way when the source is slow, and recovers. */
export type Pace = {
  /** How long to rest before the next chunk. */
  readonly restMs: number;
  /** Asks the probe, and answers how many rows the next chunk may have. Without a limit it does not ask. */
  rowsNow(source: pg.Pool, probeMsMax: number | undefined): Promise<number>;
  /** Asks the probe again and again while a chunk is copied, which is when the source's users feel it; the next chunk heeds it. */
  watching<R>(source: pg.Pool, probeMsMax: number | undefined, copy: () => Promise<R>): Promise<R>;
};

// Of a source that is to be spared nobody knows yet what it bears.
const chunkRowsAtFirst = 500;

export function createPace(options: PaceOptions = {}): Pace {
  const { chunkRows = 20_000, probe = (source) => source.query('select 1') } = options;
  const { chunkRowsMax = Math.max(10_000, chunkRows) } = options;
  let step: Step = { chunkRows, restMs: 0 };
  let whileCopiedMs = 0;
  let isSparing = false;
  return {
    get restMs() {
      return step.restMs;
    },
    async rowsNow(source, probeMsMax) {
      if (probeMsMax === undefined) step = { chunkRows, restMs: 0 };
      else {
        if (!isSparing) step = { chunkRows: Math.min(chunkRows, chunkRowsAtFirst), restMs: 0 };
        const idleMs = await timeOf(() => probe(source));
        step = adapt(step, Math.max(idleMs, whileCopiedMs), probeMsMax, chunkRowsMax);
      }
      isSparing = probeMsMax !== undefined;
      whileCopiedMs = 0;
      return step.chunkRows;
    },
    async watching(source, probeMsMax, copy) {
      if (probeMsMax === undefined) return copy();
      const over = new AbortController();
      const asked = askAgain(() => probe(source), over.signal);
      try {
        return await copy();
      } finally {
        over.abort();
        whileCopiedMs = usual(await asked);
      }
    },
  };
}

const restMsMin = 50;
const restMsMax = 5_000;

/** Over the limit: half the rows, twice the rest. Under half of it: rest less, then read more. Between: as it is. */
export function adapt({ chunkRows, restMs }: Step, probeMs: number, probeMsMax: number, chunkRowsMax: number): Step {
  if (probeMs > probeMsMax) {
    return {
      chunkRows: Math.max(1, Math.floor(chunkRows / 2)),
      restMs: Math.min(restMsMax, Math.max(restMsMin, restMs * 2)),
    };
  }
  if (probeMs > probeMsMax / 2) return { chunkRows, restMs };
  if (restMs > 0) return { chunkRows, restMs: restMs <= restMsMin ? 0 : restMs / 2 };
  return { chunkRows: Math.min(chunkRowsMax, Math.ceil(chunkRows * 1.5)), restMs };
}

const askEveryMs = 20;

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
