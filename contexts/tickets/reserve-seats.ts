import { randomUUID } from 'node:crypto';
import type { Request } from './request.ts';
import type { Sales } from './sales.ts';
import { hold, type Outcome, type Selection } from './seat.ts';

/** Asks to hold the selection's seats for its user for 15 minutes, all of them or none; holding again starts anew. */
export function reservation({ eventId, traceparent, attempt, ...wanted }: Selection): Request {
  const holdId = randomUUID();
  return {
    eventId,
    traceparent,
    attempt,
    rule: (seats, now) => ({ kind: 'held', userId: wanted.userId, seats: hold(seats, wanted, now, holdId) }),
  };
}

/** Decides reservations together, in their order. */
export function reserveSeats(
  { sales }: { readonly sales: Sales },
  selections: readonly Selection[],
): Promise<Outcome[]> {
  return sales.decideAll(selections.map(reservation));
}
