import type { Database, Transact } from '@ticketbuddy/postgres';
import { type Selectable, sql } from 'kysely';
import { type AnnouncedEvent, capacityOf } from './announced-event.ts';
import type { Granted, Seat, SeatState, Selection } from './seat.ts';
import type { DB } from './tables.gen.ts';

const columns = sql`event_id, number, id, price_pence, holder_id, held_until, owner_id, sold_at`;
// One order for every lock of seats, so that no two transactions wait for each other.
const inOrder = sql`order by event_id, number`;

export async function seatsOfEvent({ query }: Pick<Database<DB>, 'query'>, eventId: string): Promise<Seat[]> {
  const { rows } = await sql<Selectable<DB['seats']>>`
    select ${columns} from tickets.seats where event_id = ${eventId} order by number`.execute(query);
  return rows.map(toSeat);
}

export async function seatsOfOwner({ query }: Database<DB>, eventId: string, ownerId: string): Promise<Seat[]> {
  const { rows } = await sql<Selectable<DB['seats']>>`
    select ${columns} from tickets.seats where event_id = ${eventId} and owner_id = ${ownerId} order by number`.execute(
    query,
  );
  return rows.map(toSeat);
}

/** The seats that the selections name and that exist at their events, locked. */
export async function lockSeats(tx: Transact<DB>, selections: readonly Selection[]): Promise<Seat[]> {
  const wanted = selections.flatMap(({ eventId, seatIds }) => [...new Set(seatIds)].map((id) => ({ eventId, id })));
  const { rows } = await sql<Selectable<DB['seats']>>`
    select ${columns} from tickets.seats
    where (event_id, id) in (
      select * from unnest(${wanted.map(({ eventId }) => eventId)}::uuid[], ${wanted.map(({ id }) => id)}::uuid[]))
    ${inOrder} for update`.execute(tx);
  return rows.map(toSeat);
}

/**
 * The same, and the transaction is then the only one that sells seats of these events, until it ends: of two that sell
 * the last two seats at once each would see the other's as unsold.
 */
export async function lockSeatsForSale(tx: Transact<DB>, selections: readonly Selection[]): Promise<Seat[]> {
  const wanted = selections.flatMap(({ eventId, seatIds }) => seatIds.map((id) => ({ eventId, id })));
  const { rows } = await sql<Selectable<DB['seats']>>`
    with sales as materialized (
      select id from tickets.events where id = any(${selections.map(({ eventId }) => eventId)}::uuid[])
      order by id for no key update
    )
    select ${columns} from tickets.seats
    where event_id = any(array(select id from sales)) and (event_id, id) in (
      select * from unnest(${wanted.map(({ eventId }) => eventId)}::uuid[], ${wanted.map(({ id }) => id)}::uuid[]))
    ${inOrder} for update`.execute(tx);
  return rows.map(toSeat);
}

export async function lockSeatsOfEvent(tx: Transact<DB>, eventId: string): Promise<Seat[]> {
  const { rows } = await sql<Selectable<DB['seats']>>`
    select ${columns} from tickets.seats where event_id = ${eventId} ${inOrder} for update`.execute(tx);
  return rows.map(toSeat);
}

export async function holdSeats(tx: Transact<DB>, granted: readonly Granted[], now: Temporal.Instant): Promise<void> {
  const held = granted.map(({ selection, seats }) => ({ ...rowOf(selection, seats), until: heldUntil(seats) }));
  await sql`
    with granted as (
      select event_id, user_id, numbers::int[], held_until from unnest(
        ${held.map(({ eventId }) => eventId)}::uuid[], ${held.map(({ userId }) => userId)}::uuid[],
        ${held.map(({ numbers }) => numbers)}::text[], ${held.map(({ until }) => until)}::timestamptz[]
      ) as g (event_id, user_id, numbers, held_until)
    ), updated as (
      update tickets.seats as s set holder_id = g.user_id, held_until = g.held_until
      from granted as g, unnest(g.numbers) as n (number)
      where s.event_id = g.event_id and s.number = n.number
    )
    insert into tickets.ledger (event_id, kind, numbers, user_id, held_until, at)
    select event_id, 'held', numbers, user_id, held_until, ${now.toString()} from granted`.execute(tx);
}

/** An event that has become sold out, for the `version`th time. */
export type SoldOut = { readonly eventId: string; readonly version: number };

/** Answers which events have no unsold seat any more. Their sales must be locked. */
export async function sellSeats(
  tx: Transact<DB>,
  granted: readonly Granted[],
  now: Temporal.Instant,
): Promise<SoldOut[]> {
  const sold = granted.map(({ selection, seats }) => rowOf(selection, seats));
  const { rows } = await sql<Pick<Selectable<DB['events']>, 'id' | 'first_unsold' | 'sold_out_version'>>`
    with granted as (
      select event_id, user_id, numbers::int[] from unnest(
        ${sold.map(({ eventId }) => eventId)}::uuid[], ${sold.map(({ userId }) => userId)}::uuid[],
        ${sold.map(({ numbers }) => numbers)}::text[]
      ) as g (event_id, user_id, numbers)
    ), sold as (
      select event_id, user_id, number from granted, unnest(numbers) as n (number)
    ), updated as (
      update tickets.seats as s
      set owner_id = sold.user_id, sold_at = ${now.toString()}, holder_id = null, held_until = null
      from sold where s.event_id = sold.event_id and s.number = sold.number
    ), entered as (
      insert into tickets.ledger (event_id, kind, numbers, user_id, at)
      select event_id, 'sold', numbers, user_id, ${now.toString()} from granted
    ), looked as (
      select id, (
        select number from tickets.seats
        where event_id = e.id and number >= e.first_unsold and owner_id is null
          and number <> all (array(select number from sold where event_id = e.id))
        order by number limit 1
      ) as first_unsold
      from tickets.events as e where id in (select event_id from granted)
    )
    update tickets.events as e
    set first_unsold = looked.first_unsold,
      sold_out_at = case when looked.first_unsold is null then ${now.toString()}::timestamptz end,
      sold_out_version = sold_out_version + (looked.first_unsold is null)::int
    from looked where looked.id = e.id and looked.first_unsold is distinct from e.first_unsold
    returning e.id, e.first_unsold, e.sold_out_version`.execute(tx);
  return rows
    .filter(({ first_unsold }) => first_unsold === null)
    .map(({ id, sold_out_version }) => ({ eventId: id, version: sold_out_version }));
}

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

export async function createSeats(tx: Transact<DB>, seats: readonly Seat[], now: Temporal.Instant): Promise<void> {
  const [first] = seats;
  if (!first) return;
  const [numbers, ids] = [seats.map(({ number }) => number), seats.map(({ id }) => id)];
  await sql`
    with created as (
      insert into tickets.seats (event_id, number, id, price_pence)
      select ${first.eventId}, number, id, ${first.pricePence}
      from unnest(${numbers}::int[], ${ids}::uuid[]) as s (number, id)
    )
    insert into tickets.ledger (event_id, kind, numbers, seat_ids, price_pence, at)
    values (${first.eventId}, 'created', ${numbers}, ${ids}::uuid[], ${first.pricePence}, ${now.toString()})`.execute(
    tx,
  );
}

export async function priceSeats(
  tx: Transact<DB>,
  { id, pricePence }: AnnouncedEvent,
  seats: readonly Seat[],
  now: Temporal.Instant,
): Promise<void> {
  if (seats.length === 0) return;
  const numbers = seats.map(({ number }) => number);
  await sql`
    with priced as (
      update tickets.seats set price_pence = ${pricePence} where event_id = ${id} and number = any(${numbers}::int[])
    )
    insert into tickets.ledger (event_id, kind, numbers, price_pence, at)
    values (${id}, 'priced', ${numbers}, ${pricePence}, ${now.toString()})`.execute(tx);
}

/** Up to `limit` ids of events that have seats or ledger entries, in order, after the one given. */
export async function eventIdsAfter({ query }: Database<DB>, after: string, limit: number): Promise<string[]> {
  const { rows } = await sql<{ event_id: string }>`
    select event_id from tickets.seats where event_id > ${after}
    union select event_id from tickets.ledger where event_id > ${after}
    order by event_id limit ${limit}`.execute(query);
  return rows.map(({ event_id }) => event_id);
}

export type LedgerEntry = Selectable<DB['ledger']>;

/** The seats of an event and everything that was written about them, as of one moment. */
export async function seatsAndLedger({ snapshot }: Database<DB>, eventId: string) {
  return snapshot(async (tx) => {
    const seats = await seatsOfEvent({ query: tx }, eventId);
    const { rows: entries } = await sql<LedgerEntry>`
      select position, event_id, kind, numbers, seat_ids, price_pence, user_id, held_until, at
      from tickets.ledger where event_id = ${eventId} order by position`.execute(tx);
    return { seats, entries };
  });
}

function rowOf({ eventId, userId }: Selection, seats: readonly Seat[]) {
  return { eventId, userId, numbers: `{${seats.map(({ number }) => number).join(',')}}` };
}

function heldUntil([seat]: readonly Seat[]): string {
  if (seat?.state !== 'held') throw new TypeError('only held seats are written as held');
  return toMicrosecond(seat.heldUntil);
}

function toSeat(row: Selectable<DB['seats']>): Seat {
  return { eventId: row.event_id, number: row.number, id: row.id, pricePence: row.price_pence, ...stateOf(row) };
}

function stateOf({ holder_id, held_until, owner_id, sold_at }: Selectable<DB['seats']>): SeatState {
  if (owner_id !== null && sold_at !== null) return { state: 'sold', ownerId: owner_id, soldAt: sold_at };
  if (holder_id !== null && held_until !== null) return { state: 'held', holderId: holder_id, heldUntil: held_until };
  return { state: 'open' };
}

function toMicrosecond(instant: Temporal.Instant): string {
  return instant.toString({ smallestUnit: 'microsecond', roundingMode: 'floor' });
}
