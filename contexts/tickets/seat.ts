import type { Refusal } from '@ticketbuddy/errors';
import type { Asking } from './asking.ts';
import { endOfHold, isAfter } from './moments.ts';
import { seatsHeld, seatsSold, seatsUnknown } from './refusals.ts';

/** One place at one event. A hold whose end has come is as good as none. */
export type Seat = {
  readonly eventId: string;
  readonly number: number;
  readonly id: string;
  readonly pricePence: number;
} & SeatState;

export type SeatState =
  | { readonly state: 'open' }
  | ({ readonly state: 'held'; readonly holderId: string } & Hold)
  | { readonly state: 'sold'; readonly ownerId: string; readonly soldAt: Temporal.Instant };

/** What the seats of one hold have in common. */
export type Hold = {
  readonly holdId: string;
  /** When its buyer got the seats, however often the end was moved since. */
  readonly heldSince: Temporal.Instant;
  readonly heldUntil: Temporal.Instant;
};

/** By its number at the event, or by its id. */
export type SeatRef = number | string;

/** The seats that one user wants at one event: all of them or none. */
export type Selection = Asking & { readonly seatIds: readonly SeatRef[] };

/** What became of a request; one that was granted before has no seats here. */
export type Outcome = { readonly refused: Refusal } | { readonly seats: readonly Seat[] };

/** The seats at one event. */
export type Seats = { get(ref: SeatRef): Seat | undefined };

/** The seats as held by the user from `now` on, or the first reason why not. Naming a seat twice is naming it once. */
export function hold(
  seats: Seats,
  { userId, seatIds }: Pick<Selection, 'userId' | 'seatIds'>,
  now: Temporal.Instant,
  holdId: string,
): Seat[] {
  const wanted = pick(seats, [...new Set(seatIds)], userId, now);
  return asHeld(wanted, userId, { holdId, heldSince: now, heldUntil: endOfHold(now) });
}

/** The seats as sold to the user at `now`, or the first reason why not. A hold is not needed. */
export function sell(
  seats: Seats,
  { userId, seatIds }: Pick<Selection, 'userId' | 'seatIds'>,
  now: Temporal.Instant,
): Seat[] {
  return asSold(pick(seats, seatIds, userId, now), userId, now);
}

export function asSold(seats: readonly Seat[], ownerId: string, soldAt: Temporal.Instant): Seat[] {
  return seats.map(({ eventId, number, id, pricePence }) => ({
    eventId,
    number,
    id,
    pricePence,
    state: 'sold',
    ownerId,
    soldAt,
  }));
}

export function asHeld(
  seats: readonly Seat[],
  holderId: string,
  { holdId, heldSince, heldUntil }: Hold,
): Extract<Seat, { state: 'held' }>[] {
  return seats.map(({ eventId, number, id, pricePence }) => ({
    eventId,
    number,
    id,
    pricePence,
    state: 'held',
    holderId,
    holdId,
    heldSince,
    heldUntil,
  }));
}

export function placeOf({ eventId, number, id, pricePence }: Seat) {
  return { eventId, number, id, pricePence };
}

export function isHeld(seat: Seat, now: Temporal.Instant): seat is Extract<Seat, { state: 'held' }> {
  return seat.state === 'held' && isAfter(seat.heldUntil, now);
}

// In the order of the reasons that clients know: held by another, unknown (or named twice), sold.
function pick(seats: Seats, refs: readonly SeatRef[], userId: string, now: Temporal.Instant): Seat[] {
  const found = refs.flatMap((ref) => seats.get(ref) ?? []);
  if (found.some((seat) => isHeld(seat, now) && seat.holderId !== userId)) throw seatsHeld();
  if (found.length < refs.length || new Set(refs).size < refs.length) throw seatsUnknown();
  if (found.some(({ state }) => state === 'sold')) throw seatsSold();
  return found;
}
