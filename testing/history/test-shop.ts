import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type pg from 'pg';
import type { Publisher } from 'rabbitmq-client';

/** An event as its client wrote it. */
export type Written = {
  readonly id: string;
  readonly EventName: string;
  readonly StartDate: string;
  readonly EndDate: string;
  readonly Price?: number | string;
};

/** What a shop does for a request; a defect does one of it wrong. */
export type Steps = {
  insert(event: Written): Promise<void>;
  update(event: Written): Promise<void>;
  /** The JSON of an event. */
  find(id: string): Promise<string | undefined>;
  publish(event: Written): Promise<void>;
  /** With which status a write is answered that was done with this one. */
  answer(status: number): number;
};

export type Defect = (right: Steps) => Partial<Steps>;

export type TestShop = { readonly url: string; stop(): Promise<void> };

type Parts = { readonly pool: pg.Pool; readonly publisher: Publisher };

/** A small shop over `makeTables` that stores, publishes and then answers, but for its defect. */
export async function startTestShop(parts: Parts, defect: Defect = () => ({})): Promise<TestShop> {
  const right = rightSteps(parts);
  const steps = { ...right, ...defect(right) };
  const server = createServer((request, response) => {
    serve(parts, steps, request).then(
      ([status, body = '']) => response.writeHead(status, { 'content-type': 'application/json' }).end(body),
      () => response.writeHead(500).end(),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => stop(server) };
}

/** The legacy's table of events, empty. */
export async function makeTables(pool: pg.Pool): Promise<void> {
  await pool.query(tables);
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await once(server.close(), 'close');
}

type Answer = readonly [status: number, body?: string];

async function serve({ pool }: Parts, steps: Steps, request: IncomingMessage): Promise<Answer> {
  const id = /^\/events\/(.+)$/.exec(request.url ?? '')?.[1];
  if (request.method === 'GET') {
    if (id === undefined) return [200, `[${(await pool.query(allEvents)).rows.map(({ json }) => json).join()}]`];
    const event = await steps.find(id);
    return event === undefined ? [404] : [200, event];
  }
  const event: Written = { id: id ?? randomUUID(), ...JSON.parse(await text(request)) };
  await (id === undefined ? steps.insert(event) : steps.update(event));
  await steps.publish(event);
  return [steps.answer(id === undefined ? 201 : 204), JSON.stringify(event.id)];
}

function rightSteps({ pool, publisher }: Parts): Steps {
  const valuesOf = ({ id, EventName, StartDate, EndDate, Price = 0 }: Written) => [
    id,
    EventName,
    StartDate,
    EndDate,
    Price,
  ];
  return {
    insert: async (event) => void (await pool.query(insertEvent, valuesOf(event))),
    update: async (event) => void (await pool.query(updateEvent, valuesOf(event))),
    find: async (id) => (await pool.query(oneEvent, [id])).rows[0]?.json,
    publish: async (event) => {
      const { id, EventName: eventName, StartDate: startDate, EndDate: endDate, Price: price = 0 } = event;
      const message = { id, eventName, startDate, endDate, venue: 5, price: String(price) };
      const body = JSON.stringify({ messageId: randomUUID(), message });
      await publisher.send({ exchange, contentType: 'application/vnd.masstransit+json' }, Buffer.from(body));
    },
    answer: (status) => status,
  };
}

const exchange = 'Integration.Events.Messaging:EventUpserted';

const tables = `create schema "Event";
  create table "Event"."Events" ("Id" uuid primary key, "EventName" text not null, "StartDate" timestamptz not null,
    "EndDate" timestamptz not null, "Venue" int not null, "Price" numeric(18, 2))`;
const insertEvent = `insert into "Event"."Events" values ($1, $2, $3, $4, 5, $5)`;
const updateEvent = `update "Event"."Events" set "EventName" = $2, "StartDate" = $3, "EndDate" = $4, "Price" = $5
  where "Id" = $1`;
const allEvents = `select json_build_object('Id', "Id", 'EventName', "EventName", 'StartDate', "StartDate",
  'EndDate', "EndDate", 'Venue', 'FirstDirectArenaLeeds', 'Price', "Price")::text as json from "Event"."Events"`;
const oneEvent = `${allEvents} where "Id" = $1`;
