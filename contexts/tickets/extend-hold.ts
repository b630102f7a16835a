import type { Asking } from './asking.ts';
import { type HoldLimits, latestEnd } from './hold-seats.ts';
import { endOfHold, isAfter } from './moments.ts';
import { holdExtended, holdOver } from './refusals.ts';
import type { Request } from './request.ts';
import { asHeld, isHeld } from './seat.ts';

/** Names a hold; whoever knows its id may do with it what its buyer may. */
export type NamedHold = Pick<Asking, 'eventId' | 'traceparent'> & { readonly holdId: string };

/** Asks to let a hold end 15 minutes from now, which is granted once. */
export function extension({ eventId, holdId, traceparent }: NamedHold, limits: HoldLimits): Request {
  return {
    eventId,
    traceparent,
    rule: (draft, now) => {
      const seats = draft.seatsOfHold(holdId).filter((seat) => isHeld(seat, now));
      const [first] = seats;
      if (!first) throw holdOver();
      const { holderId, heldSince, heldUntil } = first;
      // What was extended lasts longer than one that was not.
      if (isAfter(heldUntil, endOfHold(heldSince))) throw holdExtended();
      const moved = latestEnd(heldSince, now, limits);
      // Nobody may keep seats any longer, or the clock is behind that of the process which granted the hold.
      if (!isAfter(moved, heldUntil)) throw holdExtended();
      return {
        kind: 'extended',
        userId: holderId,
        seats: asHeld(seats, holderId, { holdId, heldSince, heldUntil: moved }),
      };
    },
  };
}
