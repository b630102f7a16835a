import { setTimeout as delay } from 'node:timers/promises';

export type RepeatedOptions<T> = {
  readonly ask: () => Promise<T>;
  readonly everyMs: number;
  /** So long after the last use it stops asking. */
  readonly idleMs: number;
};

const failureMs = 250;

/** One question, asked again and again while somebody needs the answer, for all who do. */
export class Repeated<T> {
  readonly #options: RepeatedOptions<T>;
  readonly #stopping = new AbortController();
  #latest: T | undefined;
  #next = Promise.withResolvers<T>();
  #isAwaited = false;
  #usedAtMs = 0;
  #running: Promise<void> | undefined;

  constructor(options: RepeatedOptions<T>) {
    this.#options = options;
  }

  /** The last answer that is there, of whatever age; answers go on coming for a while. */
  latest(): T | undefined {
    this.#use();
    return this.#latest;
  }

  /** The first answer to a question that is asked after this call. Throws what kept it from being answered. */
  next(): Promise<T> {
    this.#isAwaited = true;
    const { promise } = this.#next;
    this.#use();
    return promise;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#next.promise.catch(() => undefined);
    this.#next.reject(new Error('it was stopped'));
  }

  #use(): void {
    this.#usedAtMs = performance.now();
    if (!this.#stopping.signal.aborted) this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    const { everyMs } = this.#options;
    while (this.#isWanted()) {
      const startedAtMs = performance.now();
      const isAnswered = await this.#askOnce();
      const restMs = isAnswered ? everyMs - (performance.now() - startedAtMs) : failureMs;
      await delay(Math.max(0, restMs), undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
    this.#running = undefined;
  }

  #isWanted(): boolean {
    if (this.#stopping.signal.aborted) return false;
    return this.#isAwaited || performance.now() - this.#usedAtMs < this.#options.idleMs;
  }

  async #askOnce(): Promise<boolean> {
    const { promise, resolve, reject } = this.#next;
    this.#next = Promise.withResolvers();
    this.#isAwaited = false;
    // Mostly nobody waits for it.
    promise.catch(() => undefined);
    try {
      this.#latest = await this.#options.ask();
      resolve(this.#latest);
      return true;
    } catch (error) {
      reject(error);
      return false;
    }
  }
}
