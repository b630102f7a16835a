import { bytesOf } from './answer.ts';
import { type Budget, usualBudget } from './budget.ts';
import { createCircuit } from './circuit.ts';
import { type Comparison, compareRead, givenTo, type Parts } from './compare-read.ts';
import { createIdleTurns } from './idle.ts';
import type { Read } from './read.ts';
import type { Outcome, Recording } from './tally.ts';

export type ShadowOptions = Omit<Parts, 'circuit' | 'idle'> & {
  /** Whether no client waits for an answer now. */
  readonly isIdle?: () => boolean;
  readonly budget?: Partial<Budget>;
  readonly record: Recording;
  /** From 0 to 1, without 1. */
  readonly random?: () => number;
  /** Hears of what kept a read from being compared, other than an answer that did not come. */
  readonly onError?: (error: unknown) => void;
};

export type Shadow = {
  /**
   * Takes note of a read after its client was answered; compares it later, or counts why not. Costs the caller nothing but that: it
   * waits for nobody, and never throws.
   */
  offer(read: Read): void;
  /** Changes limits from now on. */
  tune(budget: Partial<Budget>): void;
  /** How many reads wait, and how many are being compared. */
  readonly load: { readonly queued: number; readonly inFlight: number };
  /** What waits is dropped; what is being compared is finished. */
  stop(): Promise<void>;
};

/** Each read that is offered is counted once as received, and in the end once as one of: mirrored, sampled out, dropped, not comparable. */
export function createShadow(options: ShadowOptions): Shadow {
  return new Queue(options);
}

// So often a difference that is not known is looked at for being noise, as long as there are not too many kinds of them.
const doubtsMax = 3;
const doubtedMax = 1_000;

class Queue implements Shadow {
  readonly #parts: Parts;
  readonly #record: Recording;
  readonly #random: () => number;
  readonly #onError: (error: unknown) => void;
  readonly #doubts = new Map<string, number>();
  readonly #running = new Set<Promise<void>>();
  #queued: Read[] = [];
  #budget: Budget;
  #heldBytes = 0;
  #isStopped = false;

  constructor(options: ShadowOptions) {
    const { control, candidate, versions, rules, record, budget, isIdle } = options;
    this.#parts = { control, candidate, versions, rules, circuit: createCircuit(), idle: createIdleTurns(isIdle) };
    this.#record = record;
    this.#random = options.random ?? Math.random;
    this.#onError = options.onError ?? (() => undefined);
    this.#budget = { ...usualBudget, ...budget };
  }

  get load() {
    return { queued: this.#queued.length, inFlight: this.#running.size };
  }

  tune(budget: Partial<Budget>): void {
    this.#budget = { ...this.#budget, ...budget };
  }

  offer(read: Read): void {
    this.#record.count(read.endpoint, 'received');
    const [outcome, reason] = this.#endAtOnce(read);
    if (outcome) {
      this.#record.count(read.endpoint, outcome, reason);
      return;
    }
    this.#queued.push(read);
    this.#heldBytes += bytesOf(read.answer);
    setImmediate(() => this.#startSome());
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { endpoint } of this.#queued) this.#record.count(endpoint, 'dropped', 'stopped');
    this.#queued = [];
    await Promise.all(this.#running);
  }

  #endAtOnce({ method, answer }: Read): readonly [outcome?: Outcome, reason?: string] {
    const { percent, queueMax, heldBytesMax } = this.#budget;
    if (method !== 'GET') return ['not comparable', 'not a GET'];
    if (!this.#isDrawn(percent)) return ['sampled out'];
    if (answer.body === 'too large') return ['not comparable', 'too large'];
    if (this.#isStopped) return ['dropped', 'stopped'];
    const isFull = this.#queued.length >= queueMax || this.#heldBytes + bytesOf(answer) > heldBytesMax;
    return isFull ? ['dropped', 'queue full'] : [];
  }

  #isDrawn(percent: number): boolean {
    return this.#random() * 100 < percent;
  }

  #startSome(): void {
    while (this.#running.size < this.#budget.inFlightMax) {
      const read = this.#queued.shift();
      if (!read) return;
      const running = this.#answerFor(read).finally(() => {
        this.#running.delete(running);
        this.#heldBytes -= bytesOf(read.answer);
        this.#startSome();
      });
      this.#running.add(running);
    }
  }

  async #answerFor(read: Read): Promise<void> {
    if (!this.#parts.circuit.mayAsk(performance.now())) {
      this.#record.count(read.endpoint, 'dropped', 'candidate rests');
      return;
    }
    try {
      await this.#compare(read);
    } catch (error) {
      this.#record.count(read.endpoint, 'not comparable', 'version unknown');
      this.#onError(error);
    }
  }

  async #compare(read: Read): Promise<void> {
    const given = givenTo(read, this.#budget.bodyBytesMax);
    const isTwice = this.#isDrawn(this.#budget.twicePercent);
    const found = await compareRead(this.#parts, read, this.#budget, { given, isTwice });
    if (found.outcome === 'not comparable') {
      this.#record.count(read.endpoint, 'not comparable', found.reason);
      return;
    }
    this.#recordNoise(read, found);
    if (!isTwice && this.#isInDoubt(read, found)) await this.#lookForNoise(read);
    this.#record.count(read.endpoint, 'mirrored', found.differences.length > 0 ? 'different' : 'same');
    this.#record.differ(read, found.differences, false);
  }

  /** A difference stands, whatever this finds; but before it is told, the control gets a chance to differ from itself. */
  async #lookForNoise(read: Read): Promise<void> {
    try {
      this.#recordNoise(read, await compareRead(this.#parts, read, this.#budget, { given: undefined, isTwice: true }));
    } catch (error) {
      this.#onError(error);
    }
  }

  #recordNoise(read: Read, found: Comparison): void {
    if (found.outcome !== 'compared' || !found.noise) return;
    this.#record.count(read.endpoint, 'asked twice');
    this.#record.differ(read, found.noise, true);
  }

  #isInDoubt({ endpoint }: Read, found: Comparison): boolean {
    if (found.outcome !== 'compared' || this.#doubts.size >= doubtedMax) return false;
    const groups = new Set(found.differences.map(({ path, kind }) => `${endpoint} ${path} ${kind}`));
    const doubted = [...groups].filter((group) => (this.#doubts.get(group) ?? 0) < doubtsMax);
    for (const group of doubted) this.#doubts.set(group, (this.#doubts.get(group) ?? 0) + 1);
    return doubted.length > 0;
  }
}
