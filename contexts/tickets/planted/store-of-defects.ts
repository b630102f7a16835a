import type { Transact } from '@ticketbuddy/postgres';
import { sql } from 'kysely';
import { type AnnouncedEvent, seatsToPrice } from '../announced-event.ts';
import type { Seat } from '../seat.ts';
import { priceSeats } from '../store.ts';
import type { DB } from '../tables.gen.ts';

/** Writes buyer and price of every seat back as they were read, with the new price for those that were unsold then. */
export async function writeWholeRows(
  tx: Transact<DB>,
  event: AnnouncedEvent,
  seats: readonly Seat[],
  now: Temporal.Instant,
): Promise<void> {
  if (!(await isNewest(tx, event))) return;
  for (const seat of seats) {
    const sold = seat.state === 'sold' ? seat : undefined;
    await sql`
      update tickets.seats set price_pence = ${sold ? seat.pricePence : event.pricePence},
        owner_id = ${sold?.ownerId ?? null}, sold_at = ${sold?.soldAt.toString() ?? null}
      where event_id = ${event.id} and number = ${seat.number}`.execute(tx);
  }
  await priceSeats(tx, event, seatsToPrice(seats, event), now);
}

/** Lets the holds of a user end so many minutes later, and tells the ledger nothing. */
export async function moveHolds(tx: Transact<DB>, userId: string, minutes: number): Promise<void> {
  await sql`
    update tickets.seats set held_until = held_until + ${minutes} * interval '1 minute'
    where holder_id = ${userId}`.execute(tx);
}

async function isNewest(tx: Transact<DB>, { id, version }: AnnouncedEvent): Promise<boolean> {
  const { rows } = await sql`select from tickets.events where id = ${id} and version = ${version} for update`.execute(
    tx,
  );
  return rows.length === 1;
}
