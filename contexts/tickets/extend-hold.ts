import { earlier, type HoldLimits } from './hold-seats.ts';
import { holdExtended, holdOver } from './refusals.ts';
import type { Request } from './request.ts';
import { asHeld, holdLasts, isHeld } from './seat.ts';

/** Names a hold; whoever knows its id may do with it what its buyer may. */
export type NamedHold = {
  readonly eventId: string;
  readonly holdId: string;
  readonly traceparent?: string | undefined;
};

/** Asks to let a hold end 15 minutes from now, which is granted once. */
export function extension({ eventId, holdId, traceparent }: NamedHold, { holdMinutesMax }: HoldLimits): Request {
  return {
    eventId,
    traceparent,
    rule: (draft, now) => {
      const seats = draft.seatsOfHold(holdId).filter((seat) => isHeld(seat, now));
      const [first] = seats;
      if (!first) throw holdOver();
      const { holderId, heldSince, heldUntil } = first;
      // What was extended lasts longer than one that was not.
      if (Temporal.Instant.compare(heldUntil, heldSince.add(holdLasts)) > 0) throw holdExtended();
      const until = earlier(now.add(holdLasts), heldSince.add({ minutes: holdMinutesMax }));
      return {
        kind: 'extended',
        userId: holderId,
        seats: asHeld(seats, holderId, { holdId, heldSince, heldUntil: until }),
      };
    },
  };
}
