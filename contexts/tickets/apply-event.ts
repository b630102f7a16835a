import type { Transact } from '@ticketbuddy/postgres/database';
import { type AnnouncedEvent, firstSeats, repriced } from './announced-event.ts';
import { createSeats, priceSeats, saveEvent, venueOf } from './store.ts';
import { lockSales, seatsOfEvent } from './store-sales.ts';
import type { DB } from './tables.gen.ts';

/**
 * Takes over how an event is now: the first time its seats are made, later the unsold ones get its price. What is older
 * than what is known changes nothing.
 */
export async function applyEvent(tx: Transact<DB>, event: AnnouncedEvent, now: Temporal.Instant): Promise<void> {
  if (!(await saveEvent(tx, event))) return;
  const [sale] = await lockSales(tx, [event.id]);
  if (!sale) return createSeats(tx, firstSeats(event), now);
  const seats = await seatsOfEvent({ query: tx }, event.id);
  // The seats stay where they were made, whatever venue is told of later.
  const venue = await venueOf(tx, event.id);
  await priceSeats(tx, event.id, repriced(seats, { ...event, venue }), now);
}
