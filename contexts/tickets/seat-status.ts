import type { House } from './house.ts';
import { microsecondsOf } from './moments.ts';
import type { Seat } from './seat.ts';
import { SeatEnds } from './seat-status-ends.ts';

/** Two bits a seat: free, held or sold. */
export type SeatCode = 0 | 1 | 2;

/**
 * Until where the seats of an event are told of: up to a version, and up to the last end of a hold that was noticed, in
 * milliseconds since 1970. Seats are the same wherever the position is.
 */
export type Position = { readonly version: number; readonly endedMs: number };

/** A seat whose hold came to its end, and the `endedMs` of that. */
type Ended = { readonly seat: number; readonly atMs: number; readonly endMs: number };

/** Which seats of a house are free, held and sold; a hold whose end has come is none. Costs as much as what changes. */
export class SeatStatus {
  /** Four seats a byte by their numbers, the first of them in the lowest two bits. */
  readonly bytes: Uint8Array;
  readonly #house: House;
  readonly #ends = new SeatEnds();
  #endedMs = 0;
  // By `atMs`. What was done to such a seat since leaves it in here until there are too many.
  #ended: Ended[] = [];
  #changes: Map<number, SeatCode> | undefined;

  constructor(house: House, nowMs: number) {
    this.#house = house;
    this.bytes = new Uint8Array(Math.ceil(house.capacity / 4));
    for (const seat of house.seats) this.#look(seat);
    this.advance(nowMs);
  }

  get position(): Position {
    return { version: this.#house.version, endedMs: this.#endedMs };
  }

  /** When the next hold ends, if nothing is done to it: then `advance` has something to do. */
  get nextEndMs(): number {
    return this.#ends.soonestMs;
  }

  codeOf(seat: number): SeatCode {
    return (((this.bytes[(seat - 1) >> 2] ?? 0) >> (((seat - 1) & 3) * 2)) & 3) as SeatCode;
  }

  /** Takes over how these seats are in the house. */
  update(seats: readonly number[], nowMs: number): void {
    for (const number of seats) {
      const seat = this.#house.get(number);
      if (seat) this.#look(seat);
    }
    this.advance(nowMs);
    if (this.#ends.size > 2 * this.#house.capacity + 100) this.#tidyEnds();
  }

  /** Frees the seats whose holds have ended. */
  advance(nowMs: number): void {
    const told = this.#endedMs;
    while (this.nextEndMs <= nowMs) {
      const { atMs: endMs = 0, seat = 0 } = this.#ends.take() ?? {};
      if (!this.#isStillHeld(seat, endMs)) continue;
      // What was not told yet is never before what was, also when the clock has stepped back.
      const atMs = Math.max(endMs, told + 1, this.#endedMs);
      this.#endedMs = atMs;
      this.#ended.push({ seat, atMs, endMs });
      this.#put(seat, 0);
    }
    if (this.#ended.length > this.#house.capacity + 100)
      this.#ended = this.#ended.filter(({ seat, endMs }) => this.#isStillHeld(seat, endMs));
  }

  /** Does not fall behind an end that another process has told of: here may be nothing left of that hold. */
  keepUpWith({ endedMs }: Position, nowMs: number): void {
    this.advance(nowMs);
    if (endedMs <= nowMs) this.#endedMs = Math.max(this.#endedMs, endedMs);
  }

  /** The seats whose holds have ended since, and which nobody has got afterwards. */
  endedSince(endedMs: number): number[] {
    const seats: number[] = [];
    for (let nth = this.#ended.length - 1; nth >= 0; nth--) {
      const ended = this.#ended[nth];
      if (!ended || ended.atMs <= endedMs) break;
      if (this.#isStillHeld(ended.seat, ended.endMs)) seats.push(ended.seat);
    }
    return seats;
  }

  /** From now on remembers which seats become something else; from what they are in `before`, if that is given. */
  follow(before?: SeatStatus): void {
    this.#changes ??= new Map();
    for (let seat = 1; before && seat <= this.#house.capacity; seat++) {
      if (before.codeOf(seat) !== this.codeOf(seat)) this.#changes.set(seat, before.codeOf(seat));
    }
    this.#endedMs = Math.max(this.#endedMs, before?.position.endedMs ?? 0);
  }

  unfollow(): void {
    this.#changes = undefined;
  }

  /** The seats that are something else than they were when this was called before. */
  takeChanges(): number[] {
    const changes = [...(this.#changes ?? [])];
    this.#changes?.clear();
    return changes.flatMap(([seat, before]) => (this.codeOf(seat) === before ? [] : seat));
  }

  #look(seat: Seat): void {
    if (seat.state === 'held') this.#ends.add({ seat: seat.number, atMs: endMsOf(seat.heldUntil) });
    this.#put(seat.number, seat.state === 'sold' ? 2 : seat.state === 'held' ? 1 : 0);
  }

  #put(seat: number, code: SeatCode): void {
    const before = this.codeOf(seat);
    if (before === code) return;
    if (this.#changes && !this.#changes.has(seat)) this.#changes.set(seat, before);
    const [byte, shift] = [(seat - 1) >> 2, ((seat - 1) & 3) * 2];
    this.bytes[byte] = ((this.bytes[byte] ?? 0) & ~(3 << shift)) | (code << shift);
  }

  #isStillHeld(number: number, endMs: number): boolean {
    const seat = this.#house.get(number);
    return seat?.state === 'held' && endMsOf(seat.heldUntil) === endMs;
  }

  // Most holds do not last to their end, and leave it behind.
  #tidyEnds(): void {
    const ends = Array.from({ length: this.#ends.size }, () => this.#ends.take());
    for (const end of ends) if (end && this.#isStillHeld(end.seat, end.atMs)) this.#ends.add(end);
  }
}

/** `4711.1780315200000`: as the client gives it back. */
export function formatPosition({ version, endedMs }: Position): string {
  return `${version}.${endedMs}`;
}

export function parsePosition(text: string): Position | undefined {
  const [, version, endedMs] = /^(\d{1,16})\.(\d{1,16})$/.exec(text) ?? [];
  return version === undefined ? undefined : { version: Number(version), endedMs: Number(endedMs) };
}

// The first millisecond in which nobody holds it any more.
function endMsOf(heldUntil: Temporal.Instant): number {
  return Math.ceil(microsecondsOf(heldUntil) / 1_000);
}
