import { Pool } from 'undici';
import { type BreakerLimits, type BreakerState, createBreaker } from './breaker.ts';
import { Ambiguous, NotSent } from './failures.ts';
import { InFlight, type InFlightLimits } from './in-flight.ts';
import type { Leaving } from './leaving.ts';

export type UpstreamLimits = InFlightLimits &
  BreakerLimits & {
    readonly connectMs: number;
    /** From the end of the request to the headers of its answer. */
    readonly headersMs: number;
    /** Between two pieces of a body. */
    readonly bodyIdleMs: number;
    readonly headerBytesMax: number;
  };

/** One of the two systems, and how much of it may be asked for at once. */
export type Upstream = {
  readonly inFlight: Pick<InFlight, 'running' | 'waiting'>;
  readonly breaker: BreakerState;
  /** Whether it is left alone for now, as it did not answer. */
  isResting(): boolean;
  /**
   * Runs `work` when there is room for it, and learns from what became of it; `work` says by `answered` that an answer has begun.
   * Rejects with `NotSent`, `overloaded` or `ClientGone` when it did not even run it.
   */
  send(leaving: Leaving, work: (pool: Pool, answered: () => void) => Promise<void>): Promise<void>;
  /** Waits for what is running, so long at most. */
  close(msMax: number): Promise<void>;
};

export function openUpstream(url: string, limits: UpstreamLimits): Upstream {
  const { inFlightMax, connectMs, headersMs, bodyIdleMs, headerBytesMax } = limits;
  const pool = new Pool(url, {
    connections: inFlightMax,
    pipelining: 1,
    connect: { timeout: connectMs },
    headersTimeout: headersMs,
    bodyTimeout: bodyIdleMs,
    maxHeaderSize: headerBytesMax,
  });
  const [inFlight, breaker] = [new InFlight(limits), createBreaker(limits)];
  const isResting = () => breaker.isOpen(performance.now());
  return {
    inFlight,
    get breaker() {
      return breaker.state;
    },
    isResting,
    async send(leaving, work) {
      if (isResting()) throw new NotSent(`${url} did not answer, and is left alone for a moment`);
      await inFlight.enter(leaving);
      try {
        if (!breaker.enter(performance.now())) throw new NotSent(`${url} has just stopped answering`);
        await watched(work, pool, (outcome) => breaker.leave(outcome, performance.now()));
      } finally {
        inFlight.leave();
      }
    },
    async close(msMax) {
      const timer = setTimeout(() => void pool.destroy(), msMax);
      await pool.close().catch(() => undefined);
      clearTimeout(timer);
    },
  };
}

type Outcome = 'answered' | 'failed' | 'unknown';

/** Tells what became of it, once. */
async function watched(
  work: (pool: Pool, answered: () => void) => Promise<void>,
  pool: Pool,
  tell: (outcome: Outcome) => void,
): Promise<void> {
  let isTold = false;
  const tellOnce = (outcome: Outcome) => {
    if (!isTold) tell(outcome);
    isTold = true;
  };
  try {
    await work(pool, () => tellOnce('answered'));
    tellOnce('answered');
  } catch (error) {
    tellOnce(error instanceof NotSent || error instanceof Ambiguous ? 'failed' : 'unknown');
    throw error;
  }
}
