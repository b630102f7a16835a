import type { Refusal } from '@ticketbuddy/errors';
import { seatsHeld, seatsSold, seatsUnknown } from './refusals.ts';
import type { Attempt } from './store-idempotency.ts';

/** One place at one event. A hold whose end has come is as good as none. */
export type Seat = {
  readonly eventId: string;
  readonly number: number;
  readonly id: string;
  readonly pricePence: number;
} & SeatState;

export type SeatState =
  | { readonly state: 'open' }
  | { readonly state: 'held'; readonly holderId: string; readonly heldUntil: Temporal.Instant }
  | { readonly state: 'sold'; readonly ownerId: string; readonly soldAt: Temporal.Instant };

/** The seats that one user wants at one event: all of them or none. */
export type Selection = {
  readonly eventId: string;
  readonly userId: string;
  readonly seatIds: readonly string[];
  /** The trace in which they are wanted (W3C), handed on to what is told of it. */
  readonly traceparent?: string | undefined;
  /** Set when the client may ask again for the same, and must then get the same answer. */
  readonly attempt?: Attempt | undefined;
};

/** A selection that was granted, and its seats as they are from then on. */
export type Granted = { readonly selection: Selection; readonly seats: readonly Seat[] };

/** What became of a selection; one that was granted before has no seats here. */
export type Outcome = { readonly refused: Refusal } | { readonly seats: readonly Seat[] };

/** The seats at one event, by id. */
export type SeatsById = ReadonlyMap<string, Seat>;

const holdLasts = Temporal.Duration.from({ minutes: 15 });

/** The seats as held by the user from `now` on, or the first reason why not. Naming a seat twice is naming it once. */
export function hold(seats: SeatsById, { userId, seatIds }: Selection, now: Temporal.Instant): Seat[] {
  const wanted = pick(seats, new Set(seatIds), userId, now);
  const heldUntil = now.add(holdLasts);
  return wanted.map(({ eventId, number, id, pricePence }) => ({
    eventId,
    number,
    id,
    pricePence,
    state: 'held',
    holderId: userId,
    heldUntil,
  }));
}

/** The seats as sold to the user at `now`, or the first reason why not. A hold is not needed. */
export function sell(seats: SeatsById, { userId, seatIds }: Selection, now: Temporal.Instant): Seat[] {
  const wanted = pick(seats, seatIds, userId, now);
  return wanted.map(({ eventId, number, id, pricePence }) => ({
    eventId,
    number,
    id,
    pricePence,
    state: 'sold',
    ownerId: userId,
    soldAt: now,
  }));
}

export function isHeld(seat: Seat, now: Temporal.Instant): boolean {
  return seat.state === 'held' && Temporal.Instant.compare(seat.heldUntil, now) > 0;
}

// In the order of the reasons that clients know: held by another, unknown (or named twice), sold.
function pick(seats: SeatsById, seatIds: Iterable<string>, userId: string, now: Temporal.Instant): Seat[] {
  const ids = [...seatIds];
  const found = ids.flatMap((id) => seats.get(id) ?? []);
  if (found.some((seat) => isHeld(seat, now) && seat.state === 'held' && seat.holderId !== userId)) throw seatsHeld();
  if (found.length < ids.length || new Set(ids).size < ids.length) throw seatsUnknown();
  if (found.some(({ state }) => state === 'sold')) throw seatsSold();
  return found;
}
