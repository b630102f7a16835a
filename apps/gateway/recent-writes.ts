/** What was written through this gateway of late. Times are those of `performance.now()`. */
export class RecentWrites {
  readonly #keptMs: number;
  /** The oldest first. */
  readonly #notedAtMs = new Map<string, number>();

  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  note(key: string, nowMs: number): void {
    this.#notedAtMs.delete(key);
    this.#notedAtMs.set(key, nowMs);
    for (const [oldest, atMs] of this.#notedAtMs) {
      if (nowMs - atMs <= this.#keptMs) return;
      this.#notedAtMs.delete(oldest);
    }
  }

  has(key: string, nowMs: number): boolean {
    return nowMs - (this.#notedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) <= this.#keptMs;
  }
}
