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
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    types,
    options,
    application_name: 'Host',
    Client: PreparingClient,
  });
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

const statementNames = new Map<string, string>();

/** What it is asked again is not parsed again: the machine is to be busy with what the legacy does, not with how we do it. */
class PreparingClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: pg's query has a dozen overloads; all pass through here unchanged.
  override query(query: any, values?: any, callback?: any): any {
    if (typeof query !== 'string' || !Array.isArray(values)) return super.query(query, values, callback);
    const name = statementNames.get(query) ?? `statement ${statementNames.size}`;
    statementNames.set(query, name);
    return super.query({ name, text: query, values }, callback);
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

/** All or none, in the order of their ids and in one way to the server, as the legacy's batches are. */
export async function insertTickets(pool: pg.Pool, tickets: readonly Ticket[]): Promise<void> {
  await pool.query(
    `insert into "Ticket"."Tickets" select * from ${givenTickets} order by "Id"`,
    ticketColumnsOf(tickets),
  );
}

/** Writes every column back as it was loaded or changed, whatever the row has become meanwhile. As above. */
export async function saveTickets(pool: pg.Pool, tickets: readonly Ticket[]): Promise<void> {
  await pool.query(
    `with given as materialized (select * from ${givenTickets}), taken as materialized (
       select "Id" from "Ticket"."Tickets" where "Id" in (select "Id" from given) order by "Id" for update)
     update "Ticket"."Tickets" as t set "EventId" = g."EventId", "Price" = g."Price", "SeatNumber" = g."SeatNumber",
       "UserId" = g."UserId", "PurchasedAt" = g."PurchasedAt"
     from given as g join taken using ("Id") where t."Id" = g."Id"`,
    ticketColumnsOf(tickets),
  );
}

const eventColumns = 'select "Id", "StartDate", "EndDate", "EventName", "Venue", "Price"';
const eventValues = '("Id", "EventName", "StartDate", "EndDate", "Venue", "Price") values ($1, $2, $3, $4, $5, $6)';
const eventChange =
  'set "EventName" = $2, "StartDate" = $3, "EndDate" = $4, "Venue" = $5, "Price" = $6 where "Id" = $1';
const ticketColumns = 'select "Id", "EventId", "Price", "SeatNumber", "UserId", "PurchasedAt" from "Ticket"."Tickets"';

function eventRow({ id, name, startsAt, endsAt, venue, price }: Event) {
  return [id, name, toTimestamp(startsAt), toTimestamp(endsAt), venue, price];
}

const givenTickets = `unnest($1::uuid[], $2::uuid[], $3::numeric[], $4::int[], $5::uuid[], $6::timestamptz[])
  as given ("Id", "EventId", "Price", "SeatNumber", "UserId", "PurchasedAt")`;

function ticketColumnsOf(tickets: readonly Ticket[]) {
  const column = <K extends keyof Ticket>(name: K) => tickets.map((ticket) => ticket[name]);
  return [
    column('id'),
    column('eventId'),
    column('price'),
    column('seatNumber'),
    column('userId'),
    column('purchasedAt'),
  ];
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
