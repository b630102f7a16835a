import type { Transact } from '@ticketbuddy/postgres/database';
import { sql } from 'kysely';
import { type AnnouncedEvent, repriced } from '../announced-event.ts';
import { Draft } from '../draft.ts';
import type { Change } from '../request.ts';
import type { Seat, SeatRef } from '../seat.ts';
import { priceSeats } from '../store.ts';
import { lockSales, writeBatch } from '../store-sales.ts';
import type { DB } from '../tables.gen.ts';

/** Writes buyer and price of every seat back as they were read, with the new price for those that were unsold then. */
export async function writeWholeRows(
  tx: Transact<DB>,
  event: AnnouncedEvent,
  seats: readonly Seat[],
  now: Temporal.Instant,
): Promise<void> {
  if (!(await isNewest(tx, event))) return;
  await moveOn(tx);
  for (const seat of seats) {
    const sold = seat.state === 'sold' ? seat : undefined;
    await sql`
      update tickets.seats set price_pence = ${sold ? seat.pricePence : event.pricePence},
        owner_id = ${sold?.ownerId ?? null}, sold_at = ${sold?.soldAt.toString() ?? null}
      where event_id = ${event.id} and number = ${seat.number}`.execute(tx);
  }
  await priceSeats(tx, event.id, repriced(seats, event), now);
}

/** Keeps others from changing these seats, and none of the event's other seats. */
export async function lockSeats(tx: Transact<DB>, eventId: string, ids: readonly SeatRef[]): Promise<void> {
  await sql`
    select from tickets.seats where event_id = ${eventId} and id = any(${ids}::uuid[]) order by number for update`.execute(
    tx,
  );
}

/** Writes a change at whatever version the event is by now, as if it had been decided at that. */
export async function writeUnfenced(
  tx: Transact<DB>,
  eventId: string,
  change: Change,
  now: Temporal.Instant,
): Promise<void> {
  const draft = new Draft(undefined);
  draft.take(change.seats);
  const granted = [{ request: { eventId, rule: () => change }, change }];
  const judged = { now, drafts: new Map([[eventId, draft]]), outcomes: [], granted, decisions: [], seals: new Map() };
  const sold = change.kind === 'sold' ? change.seats.length : 0;
  const [standing] = await lockSales(tx, [eventId]);
  if (standing) await writeBatch(tx, judged, [{ ...standing, moves: true, sold }]);
}

/** Lets the holds of a user end so many minutes later, whatever their holder was told. */
export async function moveHolds(tx: Transact<DB>, userId: string, minutes: number): Promise<void> {
  await moveOn(tx);
  await sql`
    insert into tickets.ledger (event_id, version, nth, kind, numbers, user_id, hold_id, held_since, held_until, at)
    select event_id, version, row_number() over (), 'extended', array_agg(number), holder_id, hold_id, held_since,
      held_until + ${minutes} * interval '1 minute', held_since
    from tickets.holds join tickets.sales using (event_id) where holder_id = ${userId}
    group by event_id, version, holder_id, hold_id, held_since, held_until`.execute(tx);
}

/** Lets what a user bought have been bought so many minutes later, and tells the ledger nothing. */
export async function moveSales(tx: Transact<DB>, userId: string, minutes: number): Promise<void> {
  await moveOn(tx);
  await sql`
    update tickets.seats set sold_at = sold_at + ${minutes} * interval '1 minute' where owner_id = ${userId}`.execute(
    tx,
  );
}

// The database refuses what goes past the version of a sale.
async function moveOn(tx: Transact<DB>): Promise<void> {
  await sql`update tickets.sales set version = version + 1`.execute(tx);
}

async function isNewest(tx: Transact<DB>, { id, version }: AnnouncedEvent): Promise<boolean> {
  const { rows } = await sql`select from tickets.events where id = ${id} and version = ${version} for update`.execute(
    tx,
  );
  return rows.length === 1;
}
