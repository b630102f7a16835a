import type { Database, Transact } from '@ticketbuddy/postgres/database';
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Judged } from './batch.ts';
import type { House } from './house.ts';
import type { LedgerEntry, LedgerKind } from './ledger.ts';
import { textOf } from './moments.ts';
import type { Order } from './order.ts';
import type { Seat, SeatState } from './seat.ts';
import type { Fenced, SoldOut, Standing } from './standing.ts';
import type { DB } from './tables.gen.ts';

export type Querying = Database<DB>['query'] | Transact<DB>;

type Standings = readonly Pick<Selectable<DB['sales']>, 'event_id' | 'version' | 'leave_no_single'>[];

/** In the order of the ids; `undefined` for an event without seats. */
export async function standingsOf(query: Querying, eventIds: readonly string[]): Promise<(Standing | undefined)[]> {
  const { rows } = await sql<Standings[number]>`
    select event_id, version, leave_no_single from tickets.sales where event_id = any(${eventIds}::uuid[])`.execute(
    query,
  );
  const known = new Map(toStandings(rows).map((standing) => [standing.eventId, standing]));
  return eventIds.map((id) => known.get(id));
}

/** Makes the transaction the only one that changes the seats of these events, and answers at which versions they are. */
export async function lockSales(tx: Transact<DB>, eventIds: readonly string[]): Promise<Standing[]> {
  const { rows } = await sql<Standings[number]>`
    select event_id, version, leave_no_single from tickets.sales where event_id = any(${eventIds}::uuid[])
    order by event_id for no key update`.execute(tx);
  return toStandings(rows);
}

/** The seats of an event, by their numbers, and their version, as of the snapshot of the transaction. */
export async function loadHouse(tx: Transact<DB>, eventId: string) {
  const { rows } = await sql<Pick<House, 'version' | 'venue' | 'leaveNoSingle'>>`
    select s.version, e.venue, s.leave_no_single as "leaveNoSingle" from tickets.sales as s join tickets.events as e on e.id = s.event_id
    where s.event_id = ${eventId}`.execute(tx);
  return rows[0] && { eventId, ...rows[0], seats: await seatsOfEvent({ query: tx }, eventId) };
}

type SeatRow = Selectable<DB['seats']>;
type HoldRow = Selectable<DB['holds']>;

/**
 * By their numbers. Seats and holds are two statements, put together here: a join of the two may be planned as a loop of
 * 80,000 scans where statistics are old. They belong together in a snapshot, or while the sale is locked or quiet.
 */
export async function seatsOfEvent({ query }: { readonly query: Querying }, eventId: string): Promise<Seat[]> {
  const { rows } = await sql<SeatRow>`
    select event_id, number, id, price_pence, owner_id, sold_at
    from tickets.seats where event_id = ${eventId} order by number`.execute(query);
  const { rows: held } = await sql<HoldRow>`
    select number, holder_id, hold_id, held_since, held_until
    from tickets.holds where event_id = ${eventId}`.execute(query);
  const holds = new Map(held.map((hold) => [hold.number, hold]));
  return rows.map((row) => toSeat(row, holds.get(row.number)));
}

/** What has happened to the seats of an event after a version, in order. */
export async function ledgerSince(query: Querying, eventId: string, version: number): Promise<LedgerEntry[]> {
  const { rows } = await sql<Selectable<DB['ledger']>>`
    select event_id, version, nth, kind, numbers, seat_ids, price_pence, user_id, hold_id, held_since, held_until,
      order_id, at
    from tickets.ledger where event_id = ${eventId} and version > ${version} order by version, nth`.execute(query);
  return rows.map(toEntry);
}

/**
 * Writes what was granted and decided, each event's part only if the event is still at the version at which it was judged
 * and nobody else has it locked. Answers the events of which that is so; of the others nothing is written. A decision on
 * an attempt that was decided before breaks `idempotency_pkey`, and then nothing is written at all.
 */
export async function writeBatch(query: Querying, batch: Judged, events: readonly Fenced[]): Promise<Set<string>> {
  const at = batch.now.toString();
  const { rows } = await sql<{ event_id: string }>`
    with fence as materialized (
      select s.event_id, w.moves, w.sold
      from unnest(${events.map(({ eventId }) => eventId)}::uuid[], ${events.map(({ version }) => version)}::bigint[],
        ${events.map(({ moves }) => moves)}::bool[], ${events.map(({ sold }) => sold)}::int[])
        as w (event_id, version, moves, sold)
      join tickets.sales as s on s.event_id = w.event_id and s.version = w.version
      order by s.event_id for no key update of s skip locked
    ), moved as (
      update tickets.sales as s
      set version = s.version + 1, unsold = s.unsold - f.sold,
        sold_out_at = case when s.unsold = f.sold and f.sold > 0 then ${at}::timestamptz else s.sold_out_at end,
        sold_out_version = s.sold_out_version + (s.unsold = f.sold and f.sold > 0)::int
      from fence as f where s.event_id = f.event_id and f.moves
      returning s.event_id, s.version
    )${writeEntries(batch, at)}${writeDecisions(batch, events, at)}
    select event_id from fence`.execute(query);
  return new Set(rows.map(({ event_id }) => event_id));
}

// What there is none of is not mentioned: PostgreSQL would prepare the part all the same.
const nothing = sql``;

function writeEntries(batch: Judged, at: string): RawBuilder<unknown> {
  const entries = entriesOf(batch);
  if (entries.length === 0) return nothing;
  const sells = entries.some(({ kind }) => kind === 'sold');
  return sql`, granted as materialized (
      select m.version, g.*, g.seats::int[] as numbers
      from moved as m join unnest(
        ${entries.map(({ eventId }) => eventId)}::uuid[], ${entries.map((_, nth) => nth)}::int[],
        ${entries.map(({ kind }) => kind)}::text[], ${entries.map(({ numbers }) => numbers)}::text[],
        ${entries.map(({ userId }) => userId)}::uuid[], ${entries.map(({ holdId }) => holdId)}::uuid[],
        ${entries.map(({ heldSince }) => heldSince)}::timestamptz[],
        ${entries.map(({ heldUntil }) => heldUntil)}::timestamptz[],
        ${entries.map(({ order }) => order?.id)}::uuid[]${sells ? ordersOf(entries, batch) : nothing}
      ) as g (event_id, nth, kind, seats, user_id, hold_id, held_since, held_until, order_id${sells ? orderColumns : nothing})
      using (event_id)
    ), entered as (
      insert into tickets.ledger
        (event_id, version, nth, kind, numbers, user_id, hold_id, held_since, held_until, order_id, at)
      select event_id, version, nth, kind, numbers, user_id, hold_id, held_since, held_until, order_id, ${at}
      from granted
    )${sells ? sellSeats(at) : nothing}`;
}

const orderColumns = sql`, number, total_pence, proof`;

function ordersOf(entries: readonly Entry[], { seals }: Judged): RawBuilder<unknown> {
  return sql`, ${entries.map(({ order }) => order?.number)}::text[],
        ${entries.map(({ order }) => order?.totalPence)}::bigint[],
        ${entries.map(({ order }) => order && seals.get(order.id)?.proof)}::bytea[]`;
}

function sellSeats(at: string): RawBuilder<unknown> {
  return sql`, sold as (
      update tickets.seats as s set owner_id = g.user_id, sold_at = ${at}
      from granted as g, unnest(g.numbers) as n (number)
      where g.kind = 'sold' and s.event_id = g.event_id and s.number = n.number
    ), ordered as (
      insert into tickets.orders (id, number, event_id, user_id, numbers, total_pence, bought_at, proof)
      select order_id, number, event_id, user_id, numbers, total_pence, ${at}, proof
      from granted where order_id is not null
    )`;
}

// Of an event without seats there is a decision too, that it has none.
function writeDecisions({ decisions }: Judged, events: readonly Fenced[], at: string): RawBuilder<unknown> {
  if (decisions.length === 0) return nothing;
  return sql`, decided as (
      insert into tickets.idempotency (scope, key, request_hash, refused_code, refused_text, answer, created_at)
      select d.scope, d.key, d.hash, d.code, d.text, d.answer::json, ${at}
      from unnest(
        ${decisions.map(({ eventId }) => eventId)}::uuid[], ${decisions.map(({ scope }) => scope)}::text[],
        ${decisions.map(({ key }) => key)}::text[], ${decisions.map(({ requestHash }) => requestHash)}::bytea[],
        ${decisions.map(({ refused }) => refused?.code)}::text[], ${decisions.map(({ refused }) => refused?.text)}::text[],
        ${decisions.map(({ answer }) => answer)}::text[]
      ) as d (event_id, scope, key, hash, code, text, answer)
      where d.event_id in (select event_id from fence) or d.event_id <> all (${events.map(({ eventId }) => eventId)}::uuid[])
      order by d.scope, d.key
    )`;
}

/** What to tell of events whose last seat the transaction has sold. */
export async function soldOutVersions(tx: Transact<DB>, eventIds: readonly string[]): Promise<SoldOut[]> {
  const { rows } = await sql<Pick<Selectable<DB['sales']>, 'event_id' | 'sold_out_version'>>`
    select event_id, sold_out_version from tickets.sales
    where event_id = any(${eventIds}::uuid[]) and sold_out_at is not null`.execute(tx);
  return rows.map(({ event_id, sold_out_version }) => ({ eventId: event_id, version: sold_out_version }));
}

type Entry = {
  readonly eventId: string;
  readonly kind: LedgerKind;
  readonly userId: string;
  readonly numbers: string;
  readonly holdId: string | undefined;
  readonly heldSince: string | undefined;
  readonly heldUntil: string | undefined;
  readonly order: Order | undefined;
};

function entriesOf({ granted }: Judged): Entry[] {
  return granted.map(({ request: { eventId }, change: { kind, userId, seats, holdId, order } }) => {
    const held = seats[0]?.state === 'held' ? seats[0] : undefined;
    return {
      eventId,
      kind,
      userId,
      numbers: numbersOf(seats),
      holdId: held?.holdId ?? holdId,
      heldSince: held && textOf(held.heldSince),
      heldUntil: held && textOf(held.heldUntil),
      order,
    };
  });
}

function numbersOf(seats: readonly Seat[]): string {
  return `{${seats.map(({ number }) => number).join(',')}}`;
}

function toStandings(rows: Standings): Standing[] {
  return rows.map(({ event_id, version, leave_no_single }) => ({
    eventId: event_id,
    version,
    leaveNoSingle: leave_no_single,
  }));
}

function toSeat(row: SeatRow, hold: HoldRow | undefined): Seat {
  const place = { eventId: row.event_id, number: row.number, id: row.id, pricePence: row.price_pence };
  return { ...place, ...stateOf(row, hold) };
}

function stateOf({ owner_id, sold_at }: SeatRow, hold: HoldRow | undefined): SeatState {
  if (owner_id !== null && sold_at !== null) return { state: 'sold', ownerId: owner_id, soldAt: sold_at };
  const { holder_id, hold_id, held_since, held_until } = hold ?? {};
  if (!holder_id || !hold_id || !held_since || !held_until) return { state: 'open' };
  return { state: 'held', holderId: holder_id, holdId: hold_id, heldSince: held_since, heldUntil: held_until };
}

function toEntry(row: Selectable<DB['ledger']>): LedgerEntry {
  const { hold_id, held_since, held_until } = row;
  const hold = hold_id && held_since && held_until;
  return {
    version: row.version,
    nth: row.nth,
    kind: row.kind as LedgerKind,
    numbers: row.numbers,
    seatIds: row.seat_ids ?? undefined,
    pricePence: row.price_pence ?? undefined,
    userId: row.user_id ?? undefined,
    hold: hold ? { holdId: hold_id, heldSince: held_since, heldUntil: held_until } : undefined,
    at: row.at,
  };
}

/** Answers whether the event has seats. Its version goes on if this is news, so that every process hears of it. */
export async function setSeatPolicy(query: Querying, eventId: string, leaveNoSingle: boolean): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update tickets.sales
    set leave_no_single = ${leaveNoSingle}, version = version + (leave_no_single <> ${leaveNoSingle})::int
    where event_id = ${eventId}`.execute(query);
  return numAffectedRows === 1n;
}
