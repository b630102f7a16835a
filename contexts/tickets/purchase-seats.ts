import { newOrderName, type OrderName, orderOf } from './order.ts';
import type { Change, Request } from './request.ts';
import type { Sales } from './sales.ts';
import { type Outcome, type Seat, type Selection, sell } from './seat.ts';

/**
 * Asks to sell the selection's seats to its user at the price they have then, all of them or none; this ends their holds
 * and makes an order.
 */
export function purchase({ eventId, traceparent, attempt, ...wanted }: Selection): Request {
  const name = newOrderName();
  return {
    eventId,
    traceparent,
    attempt,
    rule: (seats, now) => saleOf(wanted.userId, sell(seats, wanted, now), name, now),
  };
}

/** The change that sells seats to a user: they are sold already, and an order of them is made if there are any. */
export function saleOf(userId: string, seats: readonly Seat[], name: OrderName, now: Temporal.Instant): Change {
  const order = orderOf(name, seats, now);
  return { kind: 'sold', userId, seats, ...(order && { order }) };
}

/** Decides purchases together, in their order. */
export function purchaseSeats(
  { sales }: { readonly sales: Sales },
  selections: readonly Selection[],
): Promise<Outcome[]> {
  return sales.decideAll(selections.map(purchase));
}
