import type { House } from './house.ts';
import { isHeld, type Seat, type SeatRef, type Seats } from './seat.ts';
import type { Standing } from './store-sales.ts';

const none = { get: () => undefined, numbersOfUser: () => [], numbersOfHold: () => [] };

/** A house with what a batch has changed in it so far, which nobody else sees. */
export class Draft implements Seats {
  /** Where the house was when this was begun. */
  readonly standing: (Standing & { readonly unsold: number }) | undefined;
  readonly #house: House | undefined;
  readonly #known: Pick<House, 'get' | 'numbersOfUser' | 'numbersOfHold'>;
  readonly #changed = new Map<number, Seat>();
  readonly #ofUser = new Map<string, number[]>();
  readonly #ofHold = new Map<string, number[]>();

  /** Without a house there are no seats. */
  constructor(house: House | undefined) {
    this.#house = house;
    this.standing = house && { eventId: house.eventId, version: house.version, unsold: house.unsold };
    this.#known = house ?? none;
  }

  get(ref: SeatRef): Seat | undefined {
    const seat = this.#known.get(ref);
    return seat && (this.#changed.get(seat.number) ?? seat);
  }

  /** The seats that the user has bought, or holds at `now`. */
  seatsOfUser(userId: string, now: Temporal.Instant): Seat[] {
    return this.#pick([...this.#known.numbersOfUser(userId), ...(this.#ofUser.get(userId) ?? [])], (seat) =>
      seat.state === 'sold' ? seat.ownerId === userId : isHeld(seat, now) && seat.holderId === userId,
    );
  }

  /** The seats of a hold that have not been given up, released or sold; its end may have come. */
  seatsOfHold(holdId: string): Extract<Seat, { state: 'held' }>[] {
    const numbers = [...this.#known.numbersOfHold(holdId), ...(this.#ofHold.get(holdId) ?? [])];
    return this.#pick(numbers, (seat) => seat.state === 'held' && seat.holdId === holdId) as never;
  }

  /** The seats that were changed, as they are now. */
  get changed(): Seat[] {
    return [...this.#changed.values()];
  }

  /** Lets the house know, now that all this is committed. */
  commit(): void {
    if (this.standing && this.#changed.size > 0) this.#house?.apply(this.standing.version + 1, this.#changed.values());
  }

  take(seats: readonly Seat[]): void {
    for (const seat of seats) {
      this.#changed.set(seat.number, seat);
      if (seat.state === 'held') push(this.#ofHold, seat.holdId, seat.number);
      if (seat.state !== 'open') push(this.#ofUser, seat.state === 'held' ? seat.holderId : seat.ownerId, seat.number);
    }
  }

  /** Whether the seat is still what `seat` made of it. */
  isLast(seat: Seat): boolean {
    return this.#changed.get(seat.number) === seat;
  }

  #pick(numbers: readonly number[], wanted: (seat: Seat) => boolean): Seat[] {
    return [...new Set(numbers)].flatMap((number) => {
      const seat = this.get(number);
      return seat && wanted(seat) ? [seat] : [];
    });
  }
}

function push(lists: Map<string, number[]>, key: string, number: number): void {
  const list = lists.get(key);
  if (list) list.push(number);
  else lists.set(key, [number]);
}
