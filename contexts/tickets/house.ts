import { type LedgerEntry, seatAfter } from './ledger.ts';
import type { Seat, SeatRef } from './seat.ts';

type Origin = { readonly eventId: string; readonly version: number; readonly venue: number };

/** The seats of one event as a process knows them, at a version. What is committed is applied, and nothing else. */
export class House {
  readonly eventId: string;
  /** Its wire number. */
  readonly venue: number;
  #version: number;
  #unsold: number;
  readonly #seats: Seat[];
  #numbers: Map<string, number> | undefined;
  readonly #ofUser = new Map<string, Set<number>>();
  readonly #ofHold = new Map<string, Set<number>>();

  /** `seats` are all of them, by their numbers from 1 on. */
  constructor({ eventId, version, venue }: Origin, seats: Seat[]) {
    this.eventId = eventId;
    this.venue = venue;
    this.#version = version;
    this.#seats = seats;
    this.#unsold = seats.reduce((unsold, { state }) => unsold + (state === 'sold' ? 0 : 1), 0);
    for (const seat of seats) this.#index(seat);
  }

  get version(): number {
    return this.#version;
  }

  get capacity(): number {
    return this.#seats.length;
  }

  get unsold(): number {
    return this.#unsold;
  }

  /** All seats, by their numbers. */
  get seats(): readonly Seat[] {
    return this.#seats;
  }

  get(ref: SeatRef): Seat | undefined {
    const number = typeof ref === 'number' ? ref : this.#numberOf(ref);
    return number === undefined ? undefined : this.#seats[number - 1];
  }

  /** The seats that a user holds or has bought; what was held once may be among them. */
  numbersOfUser(userId: string): Iterable<number> {
    return this.#ofUser.get(userId) ?? [];
  }

  numbersOfHold(holdId: string): Iterable<number> {
    return this.#ofHold.get(holdId) ?? [];
  }

  /** Takes over how seats are at `version`, if that is the next one. What is known already is passed over. */
  apply(version: number, seats: Iterable<Seat>): void {
    if (version <= this.#version) return;
    for (const seat of seats) this.#put(seat);
    this.#version = version;
  }

  /**
   * Takes over what the ledger tells since a version that is known here, all of it and in its order. Answers whether that
   * can be: not when it tells of seats that were made, or when this house is ahead of it.
   */
  catchUp(entries: readonly LedgerEntry[]): boolean {
    const known = this.#version;
    for (const { version, kind, ...entry } of entries) {
      if (version <= known) continue;
      if (kind === 'created') return false;
      for (const number of entry.numbers) {
        const seat = this.#seats[number - 1];
        if (seat) this.#put(seatAfter(seat, { version, kind, ...entry }));
      }
      this.#version = version;
    }
    return entries.length > 0;
  }

  #put(seat: Seat): void {
    const before = this.#seats[seat.number - 1];
    if (before) this.#forget(before);
    if (before?.state !== 'sold' && seat.state === 'sold') this.#unsold -= 1;
    this.#seats[seat.number - 1] = seat;
    this.#index(seat);
  }

  #index(seat: Seat): void {
    if (seat.state === 'open') return;
    add(this.#ofUser, seat.state === 'held' ? seat.holderId : seat.ownerId, seat.number);
    if (seat.state === 'held') add(this.#ofHold, seat.holdId, seat.number);
  }

  #forget(seat: Seat): void {
    if (seat.state === 'open') return;
    remove(this.#ofUser, seat.state === 'held' ? seat.holderId : seat.ownerId, seat.number);
    if (seat.state === 'held') remove(this.#ofHold, seat.holdId, seat.number);
  }

  #numberOf(id: string): number | undefined {
    this.#numbers ??= new Map(this.#seats.map((seat) => [seat.id, seat.number]));
    return this.#numbers.get(id);
  }
}

function add(sets: Map<string, Set<number>>, key: string, number: number): void {
  const set = sets.get(key);
  if (set) set.add(number);
  else sets.set(key, new Set([number]));
}

function remove(sets: Map<string, Set<number>>, key: string, number: number): void {
  const set = sets.get(key);
  if (set?.delete(number) && set.size === 0) sets.delete(key);
}
