import { Pool } from 'undici';
import { seededRandom } from '../seeded-random.ts';
import { isWrite, type Recording } from './history.ts';
import { type Plan, type Planned, planTraffic } from './plan.ts';
import { ask } from './send.ts';

export type TrafficOptions = {
  /** Requests go to each of them in turn. */
  readonly urls: readonly string[];
  readonly history: Recording;
  readonly seed: number;
  readonly ratePerSecond?: number;
  /** The shares of writes in the requests, of new events in the writes, and of lists in the reads. */
  readonly writeShare?: number;
  readonly createShare?: number;
  readonly listShare?: number;
  /** How many events there are before the first one is changed. */
  readonly eventsAtFirst?: number;
  readonly inFlightMax?: number;
  /** After so long without an answer a request is given up. */
  readonly timeoutMs?: number;
};

export type Traffic = {
  /** How many requests were sent late because `inFlightMax` others had no answer yet. */
  readonly capped: number;
  /** Sends no more, and resolves when everything sent is answered or given up, however often it is called. */
  stop(): Promise<void>;
};

/**
 * Asks as many clients do who know nothing of each other: each request has its time and is sent then, whatever became of those
 * before it. Every request and its answer goes into `history`.
 */
export function startTraffic(options: TrafficOptions): Traffic {
  return new OpenLoop(options);
}

// While too many have no answer yet.
const blockedMs = 2;
// Servers close what has been idle for five seconds; a request that crosses that would have no answer for no reason of theirs.
const idleMs = 3_000;

class OpenLoop implements Traffic {
  readonly #history: Recording;
  readonly #inFlightMax: number;
  readonly #timeoutMs: number;
  readonly #pools: readonly Pool[];
  readonly #plan: Plan;
  readonly #gap: () => number;
  readonly #running = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;
  #capped = 0;
  #dueAt = performance.now();
  #blockedAt = Number.NEGATIVE_INFINITY;
  #stopped: Promise<void> | undefined;

  constructor(options: TrafficOptions) {
    const { urls, history, seed, ratePerSecond = 200, inFlightMax = 1_000, timeoutMs = 10_000 } = options;
    this.#history = history;
    this.#inFlightMax = inFlightMax;
    this.#timeoutMs = timeoutMs;
    // A connection for each request in flight, so that none waits for another's answer.
    const poolOf = (url: string) =>
      new Pool(url, { connections: inFlightMax, pipelining: 1, keepAliveMaxTimeout: idleMs });
    this.#pools = urls.map(poolOf);
    this.#plan = planTraffic({ ...sharesOf(options), seed, prefix: history.prefix });
    this.#gap = gapsOf(seed, ratePerSecond);
    this.#sendOnTime();
  }

  get capped(): number {
    return this.#capped;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.all(this.#running);
    await Promise.all(this.#pools.map((pool) => pool.close()));
  }

  // To look every other millisecond would take a share of the processor that the systems need.
  #sendOnTime(): void {
    this.#sendDue();
    const waitMs = Math.max(this.#dueAt - performance.now(), this.#running.size < this.#inFlightMax ? 0 : blockedMs);
    this.#timer = setTimeout(() => this.#sendOnTime(), waitMs);
  }

  #sendDue(): void {
    while (this.#dueAt <= performance.now()) {
      if (this.#running.size >= this.#inFlightMax) {
        this.#blockedAt = performance.now();
        return;
      }
      const intendedAt = this.#dueAt;
      for (const planned of this.#plan.next()) {
        this.#start(planned, intendedAt);
        this.#dueAt += this.#gap();
      }
    }
  }

  #start(planned: Planned, intendedAt: number): void {
    if (intendedAt <= this.#blockedAt) this.#capped += 1;
    const sending = this.#send(planned, intendedAt).finally(() => this.#running.delete(sending));
    this.#running.add(sending);
  }

  async #send(planned: Planned, intendedAt: number): Promise<void> {
    const sending = { number: ++this.#sent, intendedAt, timeoutMs: this.#timeoutMs };
    const pool = this.#pools[sending.number % this.#pools.length] as Pool;
    const entry = await ask(pool, planned, sending);
    if (isWrite(entry)) this.#plan.settled(entry);
    this.#history.add(entry);
  }
}

function sharesOf({ writeShare = 0.3, createShare = 0.02, listShare = 0.002, eventsAtFirst = 40 }: TrafficOptions) {
  return { writeShare, createShare, listShare, eventsAtFirst };
}

/** Gaps in ms as between people who come independently (a Poisson process). */
function gapsOf(seed: number, ratePerSecond: number): () => number {
  const random = seededRandom(seed + 1);
  const steps = 2 ** 30;
  return () => (-Math.log(1 - random.below(steps) / steps) * 1_000) / ratePerSecond;
}
