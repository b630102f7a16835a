import { newOrderName, orderOf } from './order.ts';
import type { Request } from './request.ts';
import type { Sales } from './sales.ts';
import { type Outcome, type Selection, sell } from './seat.ts';

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
    rule: (seats, now) => {
      const sold = sell(seats, wanted, now);
      const order = orderOf(name, sold, now);
      return { kind: 'sold', userId: wanted.userId, seats: sold, ...(order && { order }) };
    },
  };
}

/** Decides purchases together, in their order. */
export function purchaseSeats(
  { sales }: { readonly sales: Sales },
  selections: readonly Selection[],
): Promise<Outcome[]> {
  return sales.decideAll(selections.map(purchase));
}
