import assert from 'node:assert/strict';
import type { Database, Transact } from '@ticketbuddy/postgres/database';
import { type Selectable, sql } from 'kysely';
import { type AnnouncedEvent, capacityOf } from './announced-event.ts';
import type { Seat } from './seat.ts';
import { ledgerSince, seatsOfEvent } from './store-sales.ts';
import type { DB } from './tables.gen.ts';

/**
 * Answers whether the event was news: unknown, or known in an older version. Where a message carries no version (the
 * legacy's do not), the one that was sent later wins.
 */
export async function saveEvent(tx: Transact<DB>, event: AnnouncedEvent): Promise<boolean> {
  const { rows } = await sql`
    insert into tickets.events as known (id, name, starts_at, ends_at, venue, capacity, price_pence, version, sent_at)
    values (${event.id}, ${event.name}, ${toMicrosecond(event.startsAt)}, ${toMicrosecond(event.endsAt)},
      ${event.venue}, ${capacityOf(event)}, ${event.pricePence}, ${event.version ?? null},
      ${toMicrosecond(event.sentAt)})
    on conflict (id) do update
    set name = excluded.name, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
      price_pence = excluded.price_pence, version = excluded.version, sent_at = excluded.sent_at
    where coalesce(known.version < excluded.version, known.sent_at <= excluded.sent_at)
    returning id`.execute(tx);
  return rows.length === 1;
}

/** The venue for which the seats of an event that is known were made. */
export async function venueOf(tx: Transact<DB>, eventId: string): Promise<number> {
  const { rows } = await sql<Pick<Selectable<DB['events']>, 'venue'>>`
    select venue from tickets.events where id = ${eventId}`.execute(tx);
  return rows[0]?.venue ?? assert.fail(`event ${eventId} is not known`);
}

/** Makes the seats of an event, by the prices that they have, and opens its sale. */
export async function createSeats(tx: Transact<DB>, seats: readonly Seat[], now: Temporal.Instant): Promise<void> {
  const [first] = seats;
  if (!first) return;
  const groups = [...Map.groupBy(seats, ({ pricePence }) => pricePence)];
  await sql`
    with opened as (
      insert into tickets.sales (event_id, version, unsold)
      values (${first.eventId}, (extract(epoch from clock_timestamp()) * 1e6)::bigint, ${seats.length})
      returning event_id, version
    ), created as materialized (
      select event_id, version, nth, price, numbers::int[], ids::uuid[] from opened, unnest(
        ${groups.map((_, nth) => nth)}::int[], ${groups.map(([price]) => price)}::bigint[],
        ${groups.map(([, some]) => `{${some.map(({ number }) => number).join(',')}}`)}::text[],
        ${groups.map(([, some]) => `{${some.map(({ id }) => id).join(',')}}`)}::text[]
      ) as g (nth, price, numbers, ids)
    ), seated as (
      insert into tickets.seats (event_id, number, id, price_pence)
      select event_id, s.number, s.id, price from created, unnest(numbers, ids) as s (number, id) order by s.number
    )
    insert into tickets.ledger (event_id, version, nth, kind, numbers, seat_ids, price_pence, at)
    select event_id, version, nth, 'created', numbers, ids, price, ${now.toString()} from created`.execute(tx);
}

/** Changes the prices of unsold seats to what they are in `seats`. Their sale must be locked. */
export async function priceSeats(
  tx: Transact<DB>,
  eventId: string,
  seats: readonly Seat[],
  now: Temporal.Instant,
): Promise<void> {
  if (seats.length === 0) return;
  const groups = [...Map.groupBy(seats, ({ pricePence }) => pricePence)];
  await sql`
    with moved as (
      update tickets.sales set version = version + 1 where event_id = ${eventId} returning event_id, version
    ), priced as materialized (
      select event_id, version, nth, price, numbers::int[] from moved, unnest(
        ${groups.map((_, nth) => nth)}::int[], ${groups.map(([price]) => price)}::bigint[],
        ${groups.map(([, some]) => `{${some.map(({ number }) => number).join(',')}}`)}::text[]
      ) as g (nth, price, numbers)
    ), changed as (
      update tickets.seats as s set price_pence = p.price
      from priced as p, unnest(p.numbers) as n (number) where s.event_id = p.event_id and s.number = n.number
    )
    insert into tickets.ledger (event_id, version, nth, kind, numbers, price_pence, at)
    select event_id, version, nth, 'priced', numbers, price, ${now.toString()} from priced`.execute(tx);
}

/** Up to `limit` ids of events that have seats or ledger entries, in order, after the one given. */
export async function eventIdsAfter({ query }: Database<DB>, after: string, limit: number): Promise<string[]> {
  const { rows } = await sql<{ event_id: string }>`
    select event_id from tickets.seats where event_id > ${after}
    union select event_id from tickets.ledger where event_id > ${after}
    order by event_id limit ${limit}`.execute(query);
  return rows.map(({ event_id }) => event_id);
}

/** The seats of an event, and everything that was written about it, as of one moment. */
export async function seatsAndLedger({ snapshot }: Database<DB>, eventId: string) {
  return snapshot(async (tx) => ({
    seats: await seatsOfEvent({ query: tx }, eventId),
    entries: await ledgerSince(tx, eventId, 0),
  }));
}

function toMicrosecond(instant: Temporal.Instant): string {
  return instant.toString({ smallestUnit: 'microsecond', roundingMode: 'floor' });
}
