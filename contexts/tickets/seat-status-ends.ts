type End = { readonly atMs: number; readonly seat: number };

/** When the holds of seats end: the soonest is at hand, whatever the order in which they are told. */
export class SeatEnds {
  // A heap: no end is later than those at twice its place and beside that. The first place is never used.
  readonly #heap: End[] = [{ atMs: 0, seat: 0 }];

  get size(): number {
    return this.#heap.length - 1;
  }

  /** In milliseconds since 1970; infinite when there is none. */
  get soonestMs(): number {
    return this.#heap[1]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  add(end: End): void {
    const heap = this.#heap;
    let place = heap.length;
    for (let above = heap[place >> 1]; place > 1 && above && above.atMs > end.atMs; above = heap[place >> 1]) {
      heap[place] = above;
      place >>= 1;
    }
    heap[place] = end;
  }

  /** Takes the soonest out. */
  take(): End | undefined {
    const heap = this.#heap;
    const [, soonest] = heap;
    const last = heap.length > 1 ? heap.pop() : undefined;
    if (last && last !== soonest) this.#sink(last);
    return soonest;
  }

  #sink(end: End): void {
    const heap = this.#heap;
    let place = 1;
    for (;;) {
      const [left, right] = [heap[2 * place], heap[2 * place + 1]];
      const sooner = right && left && right.atMs < left.atMs ? right : left;
      if (!sooner || sooner.atMs >= end.atMs) break;
      heap[place] = sooner;
      place = sooner === left ? 2 * place : 2 * place + 1;
    }
    heap[place] = end;
  }
}
