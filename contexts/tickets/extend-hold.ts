import type { Asking } from './asking.ts';
import { type HoldLimits, latestEnd } from './hold-seats.ts';
import { endOfHold, isAfter, microsecondsOf } from './moments.ts';
import { holdExtended, holdOver } from './refusals.ts';
import type { Request } from './request.ts';
import { asHeld, type Hold, isHeld } from './seat.ts';

type Longest = Pick<HoldLimits, 'holdMinutesMax'>;

/** Names a hold; whoever knows its id may do with it what its buyer may. */
export type NamedHold = Pick<Asking, 'eventId' | 'traceparent'> & { readonly holdId: string };

type Ends = Pick<Hold, 'heldSince' | 'heldUntil'>;

/** Whether the end of a hold can be moved: it has not come, was not moved before, and seats may be kept longer. */
export function isExtendable({ heldSince, heldUntil }: Ends, now: Temporal.Instant, limits: Longest): boolean {
  // What was extended lasts longer than one that was not.
  const isFirstEnd = !isAfter(heldUntil, endOfHold(heldSince));
  const lastsMinutes = (microsecondsOf(heldUntil) - microsecondsOf(heldSince)) / 60e6;
  return isAfter(heldUntil, now) && isFirstEnd && lastsMinutes < limits.holdMinutesMax;
}

/** Asks to let a hold end 15 minutes from now, which is granted once. */
export function extension(
  { eventId, holdId, traceparent, attempt }: NamedHold & Pick<Asking, 'attempt'>,
  limits: HoldLimits,
): Request {
  return {
    eventId,
    traceparent,
    attempt,
    rule: (draft, now) => {
      const seats = draft.seatsOfHold(holdId).filter((seat) => isHeld(seat, now));
      const [first] = seats;
      if (!first) throw holdOver();
      const { holderId, heldSince, heldUntil } = first;
      if (!isExtendable(first, now, limits)) throw holdExtended();
      const moved = latestEnd(heldSince, now, limits);
      // The clock is behind that of the process which granted the hold.
      if (!isAfter(moved, heldUntil)) throw holdExtended();
      return {
        kind: 'extended',
        userId: holderId,
        seats: asHeld(seats, holderId, { holdId, heldSince, heldUntil: moved }),
      };
    },
  };
}
