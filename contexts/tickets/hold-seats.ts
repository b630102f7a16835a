import { randomUUID } from 'node:crypto';
import type { Asking } from './asking.ts';
import { nearestAlternative } from './best-available.ts';
import type { Draft } from './draft.ts';
import { layoutOf } from './layout.ts';
import { endOfHold, isAfter } from './moments.ts';
import { eventUnknown, seatsTaken, seatsUnknownAt, tooManySeats } from './refusals.ts';
import type { Change, Request } from './request.ts';
import { asHeld, isHeld, type Seat } from './seat.ts';

/** The seats of an event, by their numbers, that a user wants to hold: all of them or none. */
export type Wanted = Asking & { readonly seats: readonly number[] };

export type HoldLimits = {
  /** How many seats of an event a user may hold and own in all. */
  readonly seatsPerBuyerMax: number;
  /** How long a user can keep seats without buying them, whatever is done to move the end. */
  readonly holdMinutesMax: number;
};

/**
 * Asks to hold seats for 15 minutes. Seats that the user holds already stay held from when they were first held, so that
 * holding them again and again does not keep them for ever.
 */
export function holding({ eventId, traceparent, attempt, userId, seats }: Wanted, limits: HoldLimits): Request {
  const holdId = randomUUID();
  return {
    eventId,
    traceparent,
    attempt,
    rule: (draft, now) => holdFor(userId, pickFree(userId, seats, { draft, now, limits }), { now, limits, holdId }),
  };
}

type Counted = {
  readonly draft: Draft;
  readonly now: Temporal.Instant;
  readonly limits: Pick<HoldLimits, 'seatsPerBuyerMax'>;
};

type Circumstances = {
  readonly now: Temporal.Instant;
  readonly limits: HoldLimits;
  readonly holdId: string;
};

/** Holds free seats, or those that the user holds already. */
export function holdFor(userId: string, seats: readonly Seat[], { now, limits, holdId }: Circumstances): Change {
  const heldSince = heldSinceOf(seats, now);
  const heldUntil = heldSince === now ? endOfHold(now) : latestEnd(heldSince, now, limits);
  return { kind: 'held', userId, seats: asHeld(seats, userId, { holdId, heldSince, heldUntil }) };
}

/** 15 minutes from now, but no longer after `heldSince` than anybody may keep seats. */
export function latestEnd(
  heldSince: Temporal.Instant,
  now: Temporal.Instant,
  { holdMinutesMax }: Pick<HoldLimits, 'holdMinutesMax'>,
): Temporal.Instant {
  return earlier(endOfHold(now), heldSince.add({ minutes: holdMinutesMax }));
}

// When the first of them that the user holds already was first held, or now.
function heldSinceOf(seats: readonly Seat[], now: Temporal.Instant): Temporal.Instant {
  return seats.reduce((since, seat) => (isHeld(seat, now) ? earlier(seat.heldSince, since) : since), now);
}

function earlier(one: Temporal.Instant, other: Temporal.Instant): Temporal.Instant {
  return isAfter(other, one) ? one : other;
}

/** The seats of these numbers, if the user may have so many, and all are free or held by the user. */
export function pickFree(userId: string, numbers: readonly number[], { draft, now, limits }: Counted): Seat[] {
  if (!draft.standing) throw eventUnknown();
  const found = numbers.flatMap((number) => draft.get(number) ?? []);
  if (found.length < numbers.length) throw seatsUnknownAt(numbers.filter((number) => !draft.get(number)));
  const others = draft.seatsOfUser(userId, now).filter(({ number }) => !numbers.includes(number));
  judgeCount(numbers.length, others.length, limits);
  const taken = found.filter((seat) => seat.state === 'sold' || (isHeld(seat, now) && seat.holderId !== userId));
  if (taken.length > 0) throw seatsTaken(taken, alternativeTo(draft, numbers, now), now);
  return found;
}

function alternativeTo(draft: Draft, numbers: readonly number[], now: Temporal.Instant): readonly number[] | undefined {
  if (!draft.standing) return undefined;
  const { venue, leaveNoSingle } = draft.standing;
  const { isFree, longestRuns } = draft.freeAt(now);
  return nearestAlternative(layoutOf(venue), isFree, numbers, { leaveNoSingle, longestRuns });
}

/**
 * Refuses when the user, who has some seats of the event, would have more than one may. To be asked before seats are looked
 * for: that would be in vain, and takes long when they are many.
 */
export function judgeCount(
  wanted: number,
  has: number,
  { seatsPerBuyerMax }: Pick<HoldLimits, 'seatsPerBuyerMax'>,
): void {
  if (has + wanted > seatsPerBuyerMax) throw tooManySeats(seatsPerBuyerMax, has);
}
