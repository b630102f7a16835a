import { counter } from '@ticketbuddy/telemetry';
import type { Outcome } from './seat.ts';

const held = counter('ticketbuddy_seats_held_total', 'Seats that were held; one that is held again counts again.');
const sold = counter('ticketbuddy_seats_sold_total', 'Seats that were sold.');

/** To be called when the transaction is committed. */
export function countHeld(outcomes: readonly Outcome[]): void {
  held.add(seatsIn(outcomes));
}

/** To be called when the transaction is committed. */
export function countSold(outcomes: readonly Outcome[]): void {
  sold.add(seatsIn(outcomes));
}

function seatsIn(outcomes: readonly Outcome[]): number {
  return outcomes.reduce((seats, outcome) => seats + ('seats' in outcome ? outcome.seats.length : 0), 0);
}
