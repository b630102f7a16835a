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
};

export function createPace(options: PaceOptions = {}): Pace {
  const { chunkRows = 20_000, probe = (source) => source.query('select 1') } = options;
  const { chunkRowsMax = Math.max(10_000, chunkRows) } = options;
  let step: Step = { chunkRows, restMs: 0 };
  return {
    get restMs() {
      return step.restMs;
    },
    async rowsNow(source, probeMsMax) {
      if (probeMsMax === undefined) step = { chunkRows, restMs: 0 };
      else step = adapt(step, await timeOf(() => probe(source)), probeMsMax, chunkRowsMax);
      return step.chunkRows;
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

async function timeOf(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}
