import assert from 'node:assert/strict';
import { type LedgerEntry, seatAfter } from './ledger.ts';
import { microsecondsOf } from './moments.ts';
import type { Seat, SeatRef, SeatState } from './seat.ts';
import { SeatLists } from './seat-lists.ts';
import type { Standing } from './standing.ts';

const open: SeatState = { state: 'open' };
const idLength = 36;

/** `venue` is its wire number. */
type Origin = Standing & { readonly venue: number };

/** Seats that were changed together: they have the same user, and the same hold if they are held. */
export type SeatsTogether = readonly Seat[];

/** Hears which seats have changed, by their numbers, when the house is at its new version. */
export type HearChanges = (numbers: readonly number[]) => void;

/**
 * The seats of one event as a process knows them, at a version. What is committed is applied, and nothing else. A process
 * keeps millions of seats, so a seat is no object here: it is made into one when it is asked for.
 */
export class House {
  readonly eventId: string;
  readonly venue: number;
  #leaveNoSingle: boolean;
  #version: number;
  #unsold = 0;
  // All by the seats' numbers − 1.
  readonly #ids: string;
  readonly #pricesPence: Float64Array;
  /** One for all seats that were changed together. */
  readonly #states: SeatState[];
  /** In microseconds since 1970: nothing is faster to look through. */
  readonly #takenUntil: Float64Array;
  readonly #ofUser: SeatLists;
  readonly #ofHold: SeatLists;
  #numbers: Map<string, number> | undefined;
  readonly #hearing = new Set<HearChanges>();

  /** `seats` are all of them, by their numbers from 1 on; their ids are UUIDs. */
  constructor({ eventId, version, venue, leaveNoSingle }: Origin, seats: readonly Seat[]) {
    this.eventId = eventId;
    this.venue = venue;
    this.#leaveNoSingle = leaveNoSingle;
    this.#version = version;
    this.#unsold = seats.length;
    this.#ids = seats.map(({ id }) => id).join('');
    assert.equal(this.#ids.length, seats.length * idLength, 'the id of a seat is a UUID');
    this.#pricesPence = Float64Array.from(seats, ({ pricePence }) => pricePence);
    this.#states = seats.map(() => open);
    this.#takenUntil = new Float64Array(seats.length);
    this.#ofUser = new SeatLists(seats.length);
    this.#ofHold = new SeatLists(seats.length);
    let shared: SeatState = open;
    for (const seat of seats.toReversed()) {
      shared = sharedBy(seat, shared);
      this.#become(seat.number, shared);
    }
  }

  get version(): number {
    return this.#version;
  }

  get leaveNoSingle(): boolean {
    return this.#leaveNoSingle;
  }

  get capacity(): number {
    return this.#states.length;
  }

  get unsold(): number {
    return this.#unsold;
  }

  /** All seats, by their numbers, as they are now. */
  get seats(): Seat[] {
    return this.#states.map((_, nth) => this.#seat(nth + 1));
  }

  get(ref: SeatRef): Seat | undefined {
    const number = typeof ref === 'number' ? ref : this.#numberOf(ref);
    return number === undefined || this.#states[number - 1] === undefined ? undefined : this.#seat(number);
  }

  /** When the seat can be had by anybody, in microseconds since 1970: 0 when it can be, infinity when it is sold. */
  takenUntil(number: number): number {
    return this.#takenUntil[number - 1] ?? Number.POSITIVE_INFINITY;
  }

  /** The seats that a user holds, even if the end of the hold has come, or has bought. */
  seatsOfUser(userId: string): Seat[] {
    return this.#ofUser.of(userId).map((number) => this.#seat(number));
  }

  /** The seats of a hold that were not given to anybody else since, nor released or sold. */
  seatsOfHold(holdId: string): Seat[] {
    return this.#ofHold.of(holdId).map((number) => this.#seat(number));
  }

  /** Takes over how seats are at `version`, in order, if that is the next one. What is known already is passed over. */
  apply(version: number, changes: readonly SeatsTogether[]): void {
    if (version <= this.#version) return;
    for (const seats of changes) this.#put(seats);
    this.#version = version;
    if (this.#hearing.size > 0) this.#tell(changes.flatMap((seats) => seats.map(({ number }) => number)));
  }

  /**
   * Comes to a later standing by what the ledger tells since the version that is known here, all of it and in its order; a
   * version of which it tells nothing is that of another policy. Answers whether that can be: not when it tells of seats that
   * were made.
   */
  catchUp(entries: readonly LedgerEntry[], { version: upTo, leaveNoSingle }: Standing): boolean {
    const known = this.#version;
    const news = entries.filter(({ version }) => version > known && version <= upTo);
    // Before anything is taken over: nobody would hear of it.
    if (news.some(({ kind }) => kind === 'created')) return false;
    for (const entry of news) {
      const seats = entry.numbers.flatMap((number) => this.get(number) ?? []);
      const after = seats.map((seat) => seatAfter(seat, entry));
      if (entry.kind === 'priced') for (const seat of after) this.#pricesPence[seat.number - 1] = seat.pricePence;
      else this.#put(after);
    }
    this.#version = upTo;
    this.#leaveNoSingle = leaveNoSingle;
    if (news.length > 0) this.#tell(news.flatMap(({ kind, numbers }) => (kind === 'priced' ? [] : numbers)));
    return true;
  }

  /** Tells of what changes from now on. Answers what ends that. */
  watch(hear: HearChanges): () => void {
    this.#hearing.add(hear);
    return () => void this.#hearing.delete(hear);
  }

  #tell(numbers: readonly number[]): void {
    for (const hear of this.#hearing) hear(numbers);
  }

  // The last first, so that lists have them in their order.
  #put(seats: SeatsTogether): void {
    const [first] = seats;
    if (!first) return;
    const state = stateOf(first);
    for (let nth = seats.length - 1; nth >= 0; nth--) this.#become((seats[nth] as Seat).number, state);
  }

  #become(number: number, state: SeatState): void {
    const before = this.#states[number - 1] as SeatState;
    if (before.state !== 'open') this.#ofUser.remove(userOf(before), number);
    if (before.state === 'held') this.#ofHold.remove(before.holdId, number);
    this.#unsold += Number(before.state === 'sold') - Number(state.state === 'sold');
    this.#states[number - 1] = state;
    this.#takenUntil[number - 1] = takenUntil(state);
    if (state.state !== 'open') this.#ofUser.add(userOf(state), number);
    if (state.state === 'held') this.#ofHold.add(state.holdId, number);
  }

  #seat(number: number): Seat {
    const { eventId } = this;
    const [id, pricePence] = [this.#idOf(number), this.#pricesPence[number - 1] as number];
    return { eventId, number, id, pricePence, ...(this.#states[number - 1] as SeatState) };
  }

  // A piece of a text is no copy of it.
  #idOf(number: number): string {
    return this.#ids.slice((number - 1) * idLength, number * idLength);
  }

  #numberOf(id: string): number | undefined {
    this.#numbers ??= new Map(this.#states.map((_, nth) => [this.#idOf(nth + 1), nth + 1]));
    return this.#numbers.get(id);
  }
}

export function takenUntil(seat: SeatState): number {
  if (seat.state === 'open') return 0;
  return seat.state === 'sold' ? Number.POSITIVE_INFINITY : microsecondsOf(seat.heldUntil);
}

export function userOf(seat: Exclude<SeatState, { state: 'open' }>): string {
  return seat.state === 'held' ? seat.holderId : seat.ownerId;
}

function stateOf(seat: Seat): SeatState {
  if (seat.state === 'open') return open;
  if (seat.state === 'sold') return { state: 'sold', ownerId: seat.ownerId, soldAt: seat.soldAt };
  const { holderId, holdId, heldSince, heldUntil } = seat;
  return { state: 'held', holderId, holdId, heldSince, heldUntil };
}

/** The state of a seat: the one that its neighbour has, if they were changed together. */
function sharedBy(seat: Seat, neighbours: SeatState): SeatState {
  const isHeld = seat.state === 'held' && neighbours.state === 'held';
  if (isHeld && seat.holdId === neighbours.holdId && seat.heldUntil === neighbours.heldUntil) return neighbours;
  const isSold = seat.state === 'sold' && neighbours.state === 'sold';
  if (isSold && seat.ownerId === neighbours.ownerId && seat.soldAt === neighbours.soldAt) return neighbours;
  return stateOf(seat);
}
