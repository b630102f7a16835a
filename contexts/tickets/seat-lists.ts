/**
 * Which seats are together, by a key: each seat is in one list at most. Plain numbers, since there are millions of seats
 * and each object is one that the garbage collector visits.
 */
export class SeatLists {
  readonly #firsts = new Map<string, number>();
  // By the seats' numbers; 0 stands for none.
  readonly #next: Int32Array;
  readonly #before: Int32Array;

  constructor(capacity: number) {
    this.#next = new Int32Array(capacity + 1);
    this.#before = new Int32Array(capacity + 1);
  }

  /** The seats of a key, the latest first. */
  of(key: string): number[] {
    const seats: number[] = [];
    for (let seat = this.#firsts.get(key) ?? 0; seat !== 0; seat = this.#next[seat] as number) seats.push(seat);
    return seats;
  }

  /** Adds a seat that is in no list. */
  add(key: string, seat: number): void {
    const first = this.#firsts.get(key) ?? 0;
    this.#firsts.set(key, seat);
    this.#next[seat] = first;
    if (first !== 0) this.#before[first] = seat;
  }

  /** Removes a seat from the list of `key`, in which it is. */
  remove(key: string, seat: number): void {
    const [before, next] = [this.#before[seat] as number, this.#next[seat] as number];
    if (before !== 0) this.#next[before] = next;
    else if (next !== 0) this.#firsts.set(key, next);
    else this.#firsts.delete(key);
    if (next !== 0) this.#before[next] = before;
    this.#before[seat] = 0;
    this.#next[seat] = 0;
  }
}
