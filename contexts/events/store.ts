import { venues } from '@ticketbuddy/contracts';
import { brokenConstraint } from '@ticketbuddy/postgres';
import type { Database, Transact } from '@ticketbuddy/postgres/database';
import { type Kysely, type Selectable, sql } from 'kysely';
import { type Event, isEndOfTime, type KnownEvent } from './event.ts';
import { venueUnavailable } from './refusals.ts';
import type { DB } from './tables.gen.ts';

export const pageSize = 500;
// A price that was carried over may be beyond what a number holds.
const columns = sql`id, name, starts_at, ends_at, venue, price_pence::text, version`;
type Row = Omit<Selectable<DB['events']>, 'price_pence'> & { readonly price_pence: string | null };

export async function findEvents({ query }: Database<DB>, ids: readonly string[]): Promise<KnownEvent[]> {
  const { rows } = await sql<Row>`
    select ${columns}
    from events.events where id = any(${ids})`.execute(query);
  return rows.map(toEvent);
}

/** Up to a page of the events that start after `now`, by start; with `after`, those that follow it. */
export async function upcomingEvents(query: Kysely<DB>, now: Temporal.Instant, after: KnownEvent | undefined) {
  const following = after ? sql`and (starts_at, id) > (${momentOf(after)}, ${after.id})` : sql``;
  const { rows } = await sql<Row>`
    select ${columns}
    from events.events where starts_at > ${now.toString()} ${following}
    order by starts_at, id limit ${pageSize}`.execute(query);
  return rows.map(toEvent);
}

export async function lockEvent(tx: Transact<DB>, id: string): Promise<KnownEvent | undefined> {
  const { rows } = await sql<Row>`
    select ${columns}
    from events.events where id = ${id} for update`.execute(tx);
  return rows[0] && toEvent(rows[0]);
}

/**
 * Makes sure that the venue is free for the event and stays so until the transaction ends. Rows keep microseconds but
 * the rule is judged at 100 ns, so the wanted end counts to the next microsecond here; the constraint knows rows only.
 */
export async function claimVenue(tx: Transact<DB>, { id, venue, startsAt, endsAt }: Event): Promise<void> {
  const number = venues.indexOf(venue);
  await lockHours(tx, number, startsAt, endsAt);
  const isInTheWay = sql`venue = ${number} and id <> ${id}
    and events.occupied(starts_at, ends_at) && events.occupied(${toMicrosecond(startsAt)}, ${toNextMicrosecond(endsAt)})`;
  // The index of the constraint has only what keeps the rules.
  const { rows } = await sql`
    select id from events.events where not carried and ${isInTheWay}
    union all select id from events.events where carried and ${isInTheWay}
    limit 1`.execute(tx);
  if (rows.length > 0) throw venueUnavailable();
}

const hoursMax = 72;
const hourMs = 3_600_000;

/**
 * Whoever wants the venue in one of these hours waits for the others who do, instead of meeting them in the constraint. For long the
 * whole venue is taken at once.
 */
async function lockHours(
  tx: Transact<DB>,
  venue: number,
  from: Temporal.Instant,
  until: Temporal.Instant,
): Promise<void> {
  const [first = 0, last = 0] = [from, until].map(({ epochMilliseconds }) => Math.floor(epochMilliseconds / hourMs));
  const takesAll = last - first >= hoursMax;
  await (takesAll
    ? sql`select pg_advisory_xact_lock(hashtext('events.venue'), ${venue})`
    : sql`select pg_advisory_xact_lock_shared(hashtext('events.venue'), ${venue})
        union all select pg_advisory_xact_lock(hashtext(${`events.venue.${venue}`}), hour)
        from generate_series(${first}::int, ${last}::int) as hour`
  ).execute(tx);
}

export async function insertEvent(tx: Transact<DB>, event: Event): Promise<void> {
  await sql`
    insert into events.events (id, name, starts_at, ends_at, venue, price_pence, version)
    values (${event.id}, ${event.name}, ${toMicrosecond(event.startsAt)}, ${toMicrosecond(event.endsAt)},
      ${venues.indexOf(event.venue)}, ${event.pricePence}, ${event.version})`
    .execute(tx)
    .catch(refuseOverlap);
}

export async function updateEvent(tx: Transact<DB>, event: Event): Promise<void> {
  await sql`
    update events.events
    set name = ${event.name}, starts_at = ${toMicrosecond(event.startsAt)}, ends_at = ${toMicrosecond(event.endsAt)},
      price_pence = ${event.pricePence}, version = ${event.version}, carried = false
    where id = ${event.id}`
    .execute(tx)
    .catch(refuseOverlap);
}

/** Told again, the first time stays. */
export async function noteSoldOut(tx: Transact<DB>, eventId: string, at: Temporal.Instant): Promise<void> {
  await sql`
    insert into events.sold_out (event_id, sold_out_at) values (${eventId}, ${toMicrosecond(at)})
    on conflict do nothing`.execute(tx);
}

function refuseOverlap(error: unknown): never {
  throw brokenConstraint(error) === 'one_event_at_a_time' ? venueUnavailable() : error;
}

function toEvent(row: Row): KnownEvent {
  return {
    id: row.id,
    name: row.name,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    venue: venues[row.venue] ?? row.venue,
    pricePence: row.price_pence === null ? undefined : BigInt(row.price_pence),
    version: row.version,
  };
}

function momentOf({ startsAt }: KnownEvent): string {
  return isEndOfTime(startsAt) ? 'infinity' : startsAt.toString();
}

function toMicrosecond(instant: Temporal.Instant): string {
  return instant.toString({ smallestUnit: 'microsecond', roundingMode: 'floor' });
}

function toNextMicrosecond(instant: Temporal.Instant): string {
  return instant.toString({ smallestUnit: 'microsecond', roundingMode: 'ceil' }).replace(/^\+0/, '');
}
