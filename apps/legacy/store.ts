import { readFile } from 'node:fs/promises';
import { StartError } from '@ticketbuddy/errors';
import pg from 'pg';
import { fromTimestamp, toTimestamp } from './dotnet-time.ts';

export type Event = {
  readonly id: string;
  readonly name: string | undefined;
  readonly startsAt: Temporal.Instant;
  readonly endsAt: Temporal.Instant;
  readonly venue: number;
  /** Digits; in the table to two places, else in the sender's scale. */
  readonly price: string | null;
};

export type User = {
  readonly id: string;
  readonly fullName: string | undefined;
  readonly email: string | undefined;
  readonly userType: number;
};

export type Ticket = {
  readonly id: string;
  readonly eventId: string;
  readonly price: string;
  readonly seatNumber: number | null;
  readonly userId: string | null;
  readonly purchasedAt: string | null;
};

const connections = 32;
const timestamptz = 1184;

/** The legacy's database, with its tables made where they are missing. Throws a `StartError` when it cannot be reached. */
export async function openDatabase(url: string): Promise<pg.Pool> {
  const types = { getTypeParser: textOfTimes } as pg.CustomTypesConfig;
  const options = '-c timezone=UTC -c datestyle=ISO';
  const pool = new pg.Pool({ connectionString: url, max: connections, types, options, application_name: 'Host' });
  pool.on('error', () => undefined);
  // One that breaks in the middle of a transaction tells its user by failing, and would else end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  try {
    await pool.query(await readFile(new URL('./schema.sql', import.meta.url), 'utf8'));
    return pool;
  } catch (error) {
    await pool.end();
    throw new StartError(`LEGACY_DATABASE_URL: the database cannot be used (${reasonOf(error)}).`);
  }
}

export async function ping(pool: pg.Pool): Promise<void> {
  await pool.query('select 1');
}

/** Those that have not started, the next one first. */
export async function upcomingEvents(pool: pg.Pool, now: Temporal.Instant): Promise<Event[]> {
  const { rows } = await pool.query(`${eventColumns} from "Event"."Events" where "StartDate" > $1 order by 2`, [
    now.toString(),
  ]);
  return rows.map(toEvent);
}

export async function findEvent(pool: pg.Pool, id: string): Promise<Event | undefined> {
  const { rows } = await pool.query(`${eventColumns} from "Event"."Events" where "Id" = $1`, [id]);
  return rows.map(toEvent)[0];
}

export async function insertEvent(pool: pg.Pool, event: Event): Promise<void> {
  await pool.query(`insert into "Event"."Events" ${eventValues}`, eventRow(event));
}

export async function updateEvent(pool: pg.Pool, event: Event): Promise<void> {
  await pool.query(`update "Event"."Events" ${eventChange}`, eventRow(event));
}

/** Heap order, as the legacy answers them: a changed row moves to the end. */
export async function allUsers(pool: pg.Pool): Promise<User[]> {
  const { rows } = await pool.query('select "Id", "FullName", "Email", "UserType" from "User"."Users"');
  return rows.map(toUser);
}

export async function findUser(pool: pg.Pool, id: string): Promise<User | undefined> {
  const sql = 'select "Id", "FullName", "Email", "UserType" from "User"."Users" where "Id" = $1';
  const { rows } = await pool.query(sql, [id]);
  return rows.map(toUser)[0];
}

export async function insertUser(pool: pg.Pool, { id, fullName, email, userType }: User): Promise<void> {
  const sql = 'insert into "User"."Users" ("Id", "FullName", "Email", "UserType") values ($1, $2, $3, $4)';
  await pool.query(sql, [id, fullName, email, userType]);
}

export async function updateUser(pool: pg.Pool, { id, fullName, email }: User): Promise<void> {
  await pool.query('update "User"."Users" set "FullName" = $2, "Email" = $3 where "Id" = $1', [id, fullName, email]);
}

export async function isEventCopied(pool: pg.Pool, id: string): Promise<boolean> {
  const { rowCount } = await pool.query('select 1 from "Ticket"."Events" where "Id" = $1', [id]);
  return rowCount === 1;
}

export async function insertEventCopy(pool: pg.Pool, event: Event): Promise<void> {
  await pool.query(`insert into "Ticket"."Events" ${eventValues}`, eventRow(event));
}

export async function updateEventCopy(pool: pg.Pool, event: Event): Promise<void> {
  await pool.query(`update "Ticket"."Events" ${eventChange}`, eventRow(event));
}

export async function isUserCopied(pool: pg.Pool, id: string): Promise<boolean> {
  const { rowCount } = await pool.query('select 1 from "Ticket"."Users" where "Id" = $1', [id]);
  return rowCount === 1;
}

export async function insertUserCopy(pool: pg.Pool, { id, fullName, email }: Omit<User, 'userType'>): Promise<void> {
  await pool.query('insert into "Ticket"."Users" ("Id", "FullName", "Email") values ($1, $2, $3)', [
    id,
    fullName,
    email,
  ]);
}

export async function updateUserCopy(pool: pg.Pool, { id, fullName, email }: Omit<User, 'userType'>): Promise<void> {
  await pool.query('update "Ticket"."Users" set "FullName" = $2, "Email" = $3 where "Id" = $1', [id, fullName, email]);
}

export async function findCapacity(pool: pg.Pool, venue: number): Promise<number | undefined> {
  const { rows } = await pool.query('select "Capacity" from "Ticket"."EventVenues" where "Id" = $1', [venue]);
  return rows[0]?.Capacity;
}

export async function ticketsOfEvent(pool: pg.Pool, eventId: string): Promise<Ticket[]> {
  const { rows } = await pool.query(`${ticketColumns} where "EventId" = $1`, [eventId]);
  return rows.map(toTicket);
}

export async function ticketsOfBuyer(pool: pg.Pool, eventId: string, userId: string): Promise<Ticket[]> {
  const { rows } = await pool.query(`${ticketColumns} where "EventId" = $1 and "UserId" = $2`, [eventId, userId]);
  return rows.map(toTicket);
}

/** All or none, in the order of their ids. */
export async function insertTickets(pool: pg.Pool, tickets: readonly Ticket[]): Promise<void> {
  await eachInOneTransaction(pool, tickets, `insert into "Ticket"."Tickets" values ($1, $2, $3, $4, $5, $6)`);
}

/** Writes every column back as it was loaded or changed, whatever the row has become meanwhile. All or none. */
export async function saveTickets(pool: pg.Pool, tickets: readonly Ticket[]): Promise<void> {
  await eachInOneTransaction(
    pool,
    tickets,
    `update "Ticket"."Tickets" set "EventId" = $2, "Price" = $3, "SeatNumber" = $4, "UserId" = $5, "PurchasedAt" = $6
     where "Id" = $1`,
  );
}

const eventColumns = 'select "Id", "StartDate", "EndDate", "EventName", "Venue", "Price"';
const eventValues = '("Id", "EventName", "StartDate", "EndDate", "Venue", "Price") values ($1, $2, $3, $4, $5, $6)';
const eventChange =
  'set "EventName" = $2, "StartDate" = $3, "EndDate" = $4, "Venue" = $5, "Price" = $6 where "Id" = $1';
const ticketColumns = 'select "Id", "EventId", "Price", "SeatNumber", "UserId", "PurchasedAt" from "Ticket"."Tickets"';

async function eachInOneTransaction(pool: pg.Pool, tickets: readonly Ticket[], sql: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    for (const ticket of tickets.toSorted(byId)) await client.query(sql, ticketRow(ticket));
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

function byId(one: Ticket, other: Ticket): number {
  return one.id < other.id ? -1 : 1;
}

function eventRow({ id, name, startsAt, endsAt, venue, price }: Event) {
  return [id, name, toTimestamp(startsAt), toTimestamp(endsAt), venue, price];
}

function ticketRow({ id, eventId, price, seatNumber, userId, purchasedAt }: Ticket) {
  return [id, eventId, price, seatNumber, userId, purchasedAt];
}

function toEvent(row: pg.QueryResultRow): Event {
  const [startsAt, endsAt] = [fromTimestamp(row.StartDate), fromTimestamp(row.EndDate)];
  return { id: row.Id, name: row.EventName, startsAt, endsAt, venue: row.Venue, price: row.Price };
}

function toUser(row: pg.QueryResultRow): User {
  return { id: row.Id, fullName: row.FullName, email: row.Email, userType: row.UserType };
}

function toTicket(row: pg.QueryResultRow): Ticket {
  const { Id, EventId, Price, SeatNumber, UserId, PurchasedAt } = row;
  return { id: Id, eventId: EventId, price: Price, seatNumber: SeatNumber, userId: UserId, purchasedAt: PurchasedAt };
}

// Digits and times stay text: a number or a Date would lose some of them, and cannot be infinite.
function textOfTimes(oid: number, format?: 'text' | 'binary') {
  return oid === timestamptz ? (text: string) => text : pg.types.getTypeParser(oid, format);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  return message || (code ?? 'no reason given');
}
