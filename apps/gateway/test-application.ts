import { randomUUID } from 'node:crypto';
import type { RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Side } from '@ticketbuddy/cutover';
import { withTransaction } from '@ticketbuddy/postgres';
import type pg from 'pg';

/** How an application answers those that compare: as it does its clients, with another price, or never. */
export type Mood = 'fine' | 'different' | 'hanging';

/** Each side keeps events in its own form, and tells of them in one. */
const statements = {
  legacy: {
    read: `select "Id" as id, "EventName" as name, "Price"::text as price from "Event"."Events" order by "Id"`,
    insert: `insert into "Event"."Events" values ($1, 'a show', '2040-01-01Z', '2040-01-02Z', 5, 25)`,
    update: `update "Event"."Events" set "Price" = $2::numeric where "Id" = $1`,
  },
  next: {
    read: `select id, name, (price_pence / 100.0)::numeric(18,2)::text as price from events.events order by id`,
    insert: `insert into events.events (id, name, starts_at, ends_at, venue, price_pence)
             values ($1, 'a show', '2040-01-01Z', '2040-01-02Z', 5, 2500)`,
    update: `update events.events set price_pence = $2::numeric * 100 where id = $1`,
  },
} as const;

export const legacyTables = `create schema "Event"; create table "Event"."Events" ("Id" uuid primary key,
  "EventName" text, "StartDate" timestamptz, "EndDate" timestamptz, "Venue" int, "Price" numeric(18,2))`;

export async function announce(pool: pg.Pool): Promise<string> {
  const id = randomUUID();
  await pool.query(statements.legacy.insert, [id]);
  return id;
}

export type Application = { readonly side: Side; readonly pool: pg.Pool; readonly mood: () => Mood };

/** Answers `GET /events`, `GET /events/{id}`, `POST /events` and `PUT /events/{id}` with the new price as its body. */
export function application(own: Application): RequestListener {
  return (request, response) => {
    const [, , id] = (request.url ?? '').split('/');
    const isCompared = request.headers['ticketbuddy-shadow'] !== undefined;
    const epoch = `${request.headers['ticketbuddy-epoch'] ?? ''}`;
    const answering =
      request.method === 'GET'
        ? read(own, response, id, isCompared ? own.mood() : 'fine')
        : text(request).then((price) => write(own, response, { id, price, epoch }));
    answering.catch((error: Error) => void response.writeHead(500).end(error.message));
  };
}

async function read({ side, pool }: Application, response: ServerResponse, id: string | undefined, mood: Mood) {
  if (mood === 'hanging') return;
  const { rows } = await pool.query<{ id: string; name: string; price: string }>(statements[side].read);
  const more = mood === 'different' ? 1 : 0;
  const shown = rows
    .filter((row) => id === undefined || row.id === id)
    .map(({ name, price, ...row }) => ({ Id: row.id, EventName: name, Price: Number(price) + more }));
  response.writeHead(shown.length > 0 ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(id === undefined ? shown : shown[0]));
}

type Write = { readonly id: string | undefined; readonly price: string; readonly epoch: string };

async function write({ side, pool }: Application, response: ServerResponse, { id, price, epoch }: Write) {
  const own = id ?? randomUUID();
  await withTransaction(pool, async (client) => {
    await client.query(`select set_config('ticketbuddy.epoch', $1, true)`, [epoch]);
    if (id === undefined) await client.query(statements[side].insert, [own]);
    else await client.query(statements[side].update, [own, price]);
  });
  response.writeHead(id === undefined ? 201 : 204, id === undefined ? { location: `/events/${own}` } : {}).end();
}
