import { type LongestRuns, unknownRuns } from './best-available-together.ts';
import { type House, type SeatsTogether, takenUntil, userOf } from './house.ts';
import { layoutOf } from './layout.ts';
import { microsecondsOf } from './moments.ts';
import { isHeld, type Seat, type SeatRef, type Seats } from './seat.ts';
import type { Standing } from './standing.ts';

type Known = Pick<House, 'get' | 'seatsOfUser' | 'seatsOfHold' | 'takenUntil'>;

const nothing: Known = {
  get: () => undefined,
  seatsOfUser: () => [],
  seatsOfHold: () => [],
  takenUntil: () => Number.POSITIVE_INFINITY,
};

/** Seats that can be had, of which some may be taken meanwhile, but none comes back. */
export type FreeSeats = {
  readonly isFree: (seatNumber: number) => boolean;
  readonly longestRuns: LongestRuns | undefined;
};

/** A house with what a batch has changed in it so far, which nobody else sees. */
export class Draft implements Seats {
  /** Where the house was when this was begun. */
  readonly standing: (Standing & Pick<House, 'unsold' | 'venue'>) | undefined;
  readonly #house: House | undefined;
  readonly #known: Known;
  readonly #changes: SeatsTogether[] = [];
  readonly #changed = new Map<number, Seat>();
  readonly #ofUser = new Map<string, SeatsTogether[]>();
  readonly #ofHold = new Map<string, SeatsTogether>();
  #free: (FreeSeats & { readonly now: Temporal.Instant }) | undefined;

  /** Without a house there are no seats. */
  constructor(house: House | undefined) {
    this.#house = house;
    this.#known = house ?? nothing;
    this.standing = house && {
      eventId: house.eventId,
      version: house.version,
      unsold: house.unsold,
      venue: house.venue,
      leaveNoSingle: house.leaveNoSingle,
    };
  }

  get(ref: SeatRef): Seat | undefined {
    const seat = this.#known.get(ref);
    return seat && (this.#changed.get(seat.number) ?? seat);
  }

  /** The seats that anybody can have at `now`. What one request finds out about rows, the next of the batch need not. */
  freeAt(now: Temporal.Instant): FreeSeats {
    if (this.#free?.now !== now) this.#free = { now, ...this.#freeAt(now) };
    return this.#free;
  }

  /** The seats that the user has bought, or holds at `now`. */
  seatsOfUser(userId: string, now: Temporal.Instant): Seat[] {
    const candidates = [...this.#known.seatsOfUser(userId), ...(this.#ofUser.get(userId)?.flat() ?? [])];
    return this.#current(candidates).filter(
      (seat) => seat.state !== 'open' && userOf(seat) === userId && (seat.state === 'sold' || isHeld(seat, now)),
    );
  }

  /** The seats of a hold that were not given to anybody else since, nor released or sold; its end may have come. */
  seatsOfHold(holdId: string): Extract<Seat, { state: 'held' }>[] {
    const candidates = this.#ofHold.get(holdId) ?? this.#known.seatsOfHold(holdId);
    return this.#current(candidates).filter((seat) => seat.state === 'held' && seat.holdId === holdId) as never;
  }

  /** The seats that were changed, as they are now. */
  get changed(): Seat[] {
    return [...this.#changed.values()];
  }

  take(seats: SeatsTogether): void {
    for (const seat of seats) this.#changed.set(seat.number, seat);
    this.#changes.push(seats);
    const [first] = seats;
    if (first?.state === 'open') this.#free = undefined;
    if (!first || first.state === 'open') return;
    const userId = userOf(first);
    this.#ofUser.set(userId, [...(this.#ofUser.get(userId) ?? []), seats]);
    if (first.state === 'held') this.#ofHold.set(first.holdId, seats);
  }

  /** Lets the house know, now that all this is committed. */
  commit(): void {
    if (this.standing && this.#changes.length > 0) this.#house?.apply(this.standing.version + 1, this.#changes);
  }

  #freeAt(now: Temporal.Instant): FreeSeats {
    const [at, known, changed] = [microsecondsOf(now), this.#known, this.#changed];
    const isFree = (number: number) => {
      const seat = changed.size === 0 ? undefined : changed.get(number);
      return (seat ? takenUntil(seat) : known.takenUntil(number)) <= at;
    };
    return { isFree, longestRuns: this.standing && unknownRuns(layoutOf(this.standing.venue)) };
  }

  #current(seats: readonly Seat[]): Seat[] {
    if (this.#changed.size === 0 || seats.length === 0) return [...seats];
    return [...new Set(seats.map(({ number }) => number))].flatMap((number) => this.get(number) ?? []);
  }
}
