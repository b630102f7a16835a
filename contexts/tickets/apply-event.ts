import type { Transact } from '@ticketbuddy/postgres';
import { type AnnouncedEvent, firstSeats, seatsToPrice } from './announced-event.ts';
import { createSeats, lockSeatsOfEvent, priceSeats, saveEvent } from './store.ts';
import type { DB } from './tables.gen.ts';

/**
 * Takes over how an event is now: the first time its seats are made, later the unsold ones get its price. What is older
 * than what is known changes nothing.
 */
export async function applyEvent(tx: Transact<DB>, event: AnnouncedEvent, now: Temporal.Instant): Promise<void> {
  if (!(await saveEvent(tx, event))) return;
  const seats = await lockSeatsOfEvent(tx, event.id);
  if (seats.length === 0) await createSeats(tx, firstSeats(event), now);
  else await priceSeats(tx, event, seatsToPrice(seats, event), now);
}
