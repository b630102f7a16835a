import { counter } from '@ticketbuddy/telemetry';
import type { Granted } from './batch.ts';

const held = counter('ticketbuddy_seats_held_total', 'Seats that were held; one that is held again counts again.');
const sold = counter('ticketbuddy_seats_sold_total', 'Seats that were sold.');

/** To be called when the changes are committed. */
export function countChanges(granted: readonly Granted[]): void {
  held.add(seatsIn(granted, 'held'));
  sold.add(seatsIn(granted, 'sold'));
}

function seatsIn(granted: readonly Granted[], kind: Granted['change']['kind']): number {
  return granted.reduce((seats, { change }) => seats + (change.kind === kind ? change.seats.length : 0), 0);
}
