import type { Asking } from './asking.ts';
import type { Draft } from './draft.ts';
import { type HoldLimits, pickFree } from './hold-seats.ts';
import { newOrderName } from './order.ts';
import { saleOf } from './purchase-seats.ts';
import { eventUnknown, holdOver } from './refusals.ts';
import type { Request } from './request.ts';
import { asSold, isHeld } from './seat.ts';

/** What a user wants to buy at an event: what is held, or seats that need not be. */
export type Basket = Asking & {
  readonly wanted: { readonly holdId: string } | { readonly seats: readonly number[] };
};

const unlimited: Pick<HoldLimits, 'seatsPerBuyerMax'> = { seatsPerBuyerMax: Number.POSITIVE_INFINITY };

/** Asks to sell the seats at the price that they have then, all of them or none; this ends their hold. */
export function sale({ eventId, traceparent, attempt, userId, wanted }: Basket, limits = unlimited): Request {
  const name = newOrderName();
  return {
    eventId,
    traceparent,
    attempt,
    wantsTickets: true,
    rule: (draft, now) => {
      const seatIds = 'holdId' in wanted ? seatsOfHold(draft, wanted.holdId, userId, now) : wanted.seats;
      const seats = pickFree(userId, seatIds, { draft, now, limits });
      return saleOf(userId, asSold(seats, userId, now), name, now);
    },
  };
}

function seatsOfHold(draft: Draft, holdId: string, userId: string, now: Temporal.Instant): number[] {
  if (!draft.standing) throw eventUnknown();
  const seats = draft.seatsOfHold(holdId).filter((seat) => isHeld(seat, now) && seat.holderId === userId);
  if (seats.length === 0) throw holdOver();
  return seats.map(({ number }) => number);
}
