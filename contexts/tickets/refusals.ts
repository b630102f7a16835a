import { absent, conflict, refusal } from '@ticketbuddy/errors';

export const seatsHeld = () => refusal('seats_held');
export const seatsUnknown = () => refusal('seats_unknown');
export const seatsSold = () => refusal('seats_sold');

// Of the second version.
export const eventUnknown = () => absent('The event', 'event_unknown', {});
export const orderUnknown = () => absent('The order', 'order_unknown', {});
export const holdUnknown = () => absent('The hold', 'hold_unknown', {});
export const seatsUnknownAt = (unknown: readonly number[]) => absent('A seat', 'seats_unknown', { unknown });
export const holdOver = () => conflict('hold_over', 'The hold has ended; its seats may be free still.', {});
export const holdExtended = () => conflict('hold_extended', 'The hold cannot be extended further.', {});
export const tooManySeats = (limit: number, has: number) =>
  conflict('too_many_seats', `A buyer may have ${limit} seats of an event.`, { limit, has });
export const noSuitableSeats = () => conflict('no_suitable_seats', 'No free seats are left that suit.', {});
export const categoryUnknown = () => absent('The category', 'category_unknown', {});
export const attemptRunning = () =>
  conflict('attempt_running', 'The request with this Idempotency-Key is being worked on.', {});

/** Tells which of the seats are taken, and as many that are free, as near as can be. */
export function seatsTaken(
  taken: readonly { readonly number: number; readonly state: string }[],
  alternative: readonly number[] | undefined,
  now: Temporal.Instant,
) {
  return conflict('seats_taken', 'Some of the seats are taken.', {
    taken: taken.map(({ number, state }) => ({ seat: number, because: state })),
    alternative: alternative ?? null,
    serverTime: now.toString(),
  });
}
