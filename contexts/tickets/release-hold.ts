import type { NamedHold } from './extend-hold.ts';
import type { Request } from './request.ts';
import { placeOf } from './seat.ts';

/** Asks to give the seats of a hold back. One that is over by now, or never was, is released already. */
export function release({ eventId, holdId, traceparent }: NamedHold): Request {
  return {
    eventId,
    traceparent,
    rule: (draft) => {
      const seats = draft.seatsOfHold(holdId);
      const userId = seats[0]?.holderId ?? '';
      return { kind: 'released', userId, holdId, seats: seats.map((seat) => ({ ...placeOf(seat), state: 'open' })) };
    },
  };
}
