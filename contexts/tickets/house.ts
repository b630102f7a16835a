import { type LedgerEntry, seatAfter } from './ledger.ts';
import { microsecondsOf } from './moments.ts';
import type { Seat, SeatRef } from './seat.ts';

type Origin = {
  readonly eventId: string;
  readonly version: number;
  /** Its wire number. */
  readonly venue: number;
  /** Whether the box office chooses seats so that no single one is left. */
  readonly leaveNoSingle: boolean;
};

/** Seats that were changed together: they have the same user, and the same hold if they are held. */
export type SeatsTogether = readonly Seat[];

/** Hears which seats have changed, by their numbers, when the house is at its new version. */
export type HearChanges = (numbers: readonly number[]) => void;

/** The seats of one event as a process knows them, at a version. What is committed is applied, and nothing else. */
export class House {
  readonly eventId: string;
  readonly venue: number;
  readonly leaveNoSingle: boolean;
  #version: number;
  #unsold = 0;
  readonly #seats: Seat[];
  /** In microseconds since 1970, by the seats' numbers − 1: nothing is faster to look through. */
  readonly #takenUntil: Float64Array;
  #numbers: Map<string, number> | undefined;
  // What a user or a hold has had once may stand in these until somebody looks.
  readonly #ofUser = new Map<string, number[]>();
  readonly #ofHold = new Map<string, number[]>();
  readonly #hearing = new Set<HearChanges>();

  /** `seats` are all of them, by their numbers from 1 on. */
  constructor({ eventId, version, venue, leaveNoSingle }: Origin, seats: Seat[]) {
    this.eventId = eventId;
    this.venue = venue;
    this.leaveNoSingle = leaveNoSingle;
    this.#version = version;
    this.#seats = seats;
    this.#takenUntil = Float64Array.from(seats, takenUntil);
    for (const seat of seats) {
      if (seat.state !== 'sold') this.#unsold += 1;
      if (seat.state !== 'open') append(this.#ofUser, userOf(seat), [seat.number]);
      if (seat.state === 'held') append(this.#ofHold, seat.holdId, [seat.number]);
    }
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

  /** When the seat can be had by anybody, in microseconds since 1970: 0 when it can be, infinity when it is sold. */
  takenUntil(number: number): number {
    return this.#takenUntil[number - 1] ?? Number.POSITIVE_INFINITY;
  }

  /** The seats that a user holds, even if the end of the hold has come, or has bought. */
  seatsOfUser(userId: string): Seat[] {
    return this.#look(this.#ofUser, userId, (seat) => seat.state !== 'open' && userOf(seat) === userId);
  }

  /** The seats of a hold that were not given to anybody else since, nor released or sold. */
  seatsOfHold(holdId: string): Seat[] {
    return this.#look(this.#ofHold, holdId, (seat) => seat.state === 'held' && seat.holdId === holdId);
  }

  /** Takes over how seats are at `version`, in order, if that is the next one. What is known already is passed over. */
  apply(version: number, changes: readonly SeatsTogether[]): void {
    if (version <= this.#version) return;
    for (const seats of changes) this.#put(seats);
    this.#version = version;
    if (this.#hearing.size > 0) this.#tell(changes.flatMap((seats) => seats.map(({ number }) => number)));
  }

  /**
   * Takes over what the ledger tells since a version that is known here, all of it and in its order. Answers whether that
   * can be: not when it tells of seats that were made, when this house is ahead of it, or when something that is no matter
   * of seats has changed meanwhile.
   */
  catchUp(entries: readonly LedgerEntry[]): boolean {
    const known = this.#version;
    const news = entries.filter(({ version }) => version > known);
    for (const entry of news) {
      if (entry.kind === 'created' || entry.version > this.#version + 1) return false;
      const seats = entry.numbers.flatMap((number) => this.#seats[number - 1] ?? []);
      const after = seats.map((seat) => seatAfter(seat, entry));
      if (entry.kind === 'priced') for (const seat of after) this.#seats[seat.number - 1] = seat;
      else this.#put(after);
      this.#version = entry.version;
    }
    if (news.length > 0) this.#tell(news.flatMap(({ kind, numbers }) => (kind === 'priced' ? [] : numbers)));
    return entries.length > 0;
  }

  /** Tells of what changes from now on. Answers what ends that. */
  watch(hear: HearChanges): () => void {
    this.#hearing.add(hear);
    return () => void this.#hearing.delete(hear);
  }

  #tell(numbers: readonly number[]): void {
    for (const hear of this.#hearing) hear(numbers);
  }

  #put(seats: SeatsTogether): void {
    const numbers: number[] = [];
    for (const seat of seats) {
      const before = this.#seats[seat.number - 1];
      if (before?.state !== 'sold' && seat.state === 'sold') this.#unsold -= 1;
      this.#seats[seat.number - 1] = seat;
      this.#takenUntil[seat.number - 1] = takenUntil(seat);
      if (before?.state === 'held') this.#forgetHold(before.holdId);
      numbers.push(seat.number);
    }
    const [first] = seats;
    if (!first || first.state === 'open') return;
    append(this.#ofUser, userOf(first), numbers);
    if (first.state === 'held') this.#ofHold.set(first.holdId, numbers);
  }

  // Unless it has seats left, which are found by it.
  #forgetHold(holdId: string): void {
    const numbers = this.#ofHold.get(holdId);
    if (!numbers?.some((number) => isOfHold(this.#seats[number - 1], holdId))) this.#ofHold.delete(holdId);
  }

  #look(lists: Map<string, number[]>, key: string, wanted: (seat: Seat) => boolean): Seat[] {
    const numbers = lists.get(key);
    if (!numbers) return [];
    const seats = [...new Set(numbers)].flatMap((number) => {
      const seat = this.#seats[number - 1];
      return seat && wanted(seat) ? [seat] : [];
    });
    if (seats.length === 0) lists.delete(key);
    else if (seats.length < numbers.length)
      lists.set(
        key,
        seats.map(({ number }) => number),
      );
    return seats;
  }

  #numberOf(id: string): number | undefined {
    this.#numbers ??= new Map(this.#seats.map((seat) => [seat.id, seat.number]));
    return this.#numbers.get(id);
  }
}

export function takenUntil(seat: Seat): number {
  if (seat.state === 'open') return 0;
  return seat.state === 'sold' ? Number.POSITIVE_INFINITY : microsecondsOf(seat.heldUntil);
}

export function userOf(seat: Exclude<Seat, { state: 'open' }>): string {
  return seat.state === 'held' ? seat.holderId : seat.ownerId;
}

function isOfHold(seat: Seat | undefined, holdId: string): boolean {
  return seat?.state === 'held' && seat.holdId === holdId;
}

function append(lists: Map<string, number[]>, key: string, numbers: readonly number[]): void {
  const list = lists.get(key);
  if (list) list.push(...numbers);
  else lists.set(key, [...numbers]);
}
