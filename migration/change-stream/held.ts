import { setTimeout as delay } from 'node:timers/promises';
import type { Batch } from './batch.ts';
import { isPast, type Position } from './position.ts';

// The source keeps what we do not take.
const changesHeldMax = 5_000;

/** What has come from the source and is not acknowledged, between whoever brings it and whoever takes it. */
export class Held {
  readonly batches: Batch[] = [];
  readonly #closing: AbortSignal;
  #size = 0;
  #durable: Position;
  #failure: unknown;
  #changed = Promise.withResolvers<void>();

  constructor(from: Position, closing: AbortSignal) {
    this.#durable = from;
    this.#closing = closing;
  }

  /** All up to there is acknowledged. */
  get durable(): Position {
    return this.#durable;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  async next(waitMs: number): Promise<Batch | undefined> {
    const end = performance.now() + waitMs;
    for (let left = waitMs; ; left = end - performance.now()) {
      if (this.batches.length > 0) return this.batches[0];
      if (this.hasFailed) throw this.#failure;
      if (left <= 0 || this.#closing.aborted) return undefined;
      await this.#change(left);
    }
  }

  async untilChanged(waitMs: number, isWanted = saysSomething): Promise<void> {
    const end = performance.now() + waitMs;
    const isOver = () => this.hasFailed || this.#closing.aborted || this.#isFull();
    for (let left = waitMs; left > 0 && !isOver() && !this.batches.some(isWanted); left = end - performance.now())
      await this.#change(left);
  }

  acknowledge(position: Position): void {
    if (!isPast(position, this.#durable)) return;
    this.#durable = position;
    for (let [first] = this.batches; first && !isPast(first.position, position); [first] = this.batches) {
      this.batches.shift();
      this.#size -= sizeOf(first);
    }
    this.wake();
  }

  /** Adds a batch, and settles when there is room for another one, or `end` has come. */
  async hold(batch: Batch, end: AbortSignal): Promise<void> {
    this.batches.push(batch);
    this.#size += sizeOf(batch);
    this.wake();
    while (this.#isFull() && !end.aborted && !this.#closing.aborted) await this.#change();
  }

  /** What is not acknowledged will come again. */
  forget(): void {
    this.batches.length = 0;
    this.#size = 0;
  }

  /** Nothing will come any more: told when all that came before is acknowledged. */
  fail(error: unknown): void {
    this.#failure = error;
    this.wake();
  }

  /** Lets everybody look who waits. */
  wake(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }

  #isFull(): boolean {
    return this.batches.length > 1 && this.#size > changesHeldMax;
  }

  async #change(withinMs?: number): Promise<void> {
    const { promise } = this.#changed;
    if (withinMs === undefined) return promise;
    const late = new AbortController();
    const timer = delay(withinMs, undefined, { signal: late.signal }).catch(() => undefined);
    await Promise.race([promise, timer]);
    late.abort();
  }
}

function saysSomething({ changes, heartbeat }: Batch): boolean {
  return changes.length > 0 || heartbeat !== undefined;
}

function sizeOf({ changes }: Batch): number {
  return changes.length + 1;
}
