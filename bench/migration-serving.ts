import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { createPool } from '@ticketbuddy/postgres';
import type pg from 'pg';
import type { ServedBy, ServedUrls } from './migration-servers.ts';

const { who, source, target } = workerData as ServedBy;
const large = Buffer.alloc(10 * 1024 * 1024, '{"Id":1}');

const legacyEvent = `select "EventName" as name, "StartDate"::text as starts, "EndDate"::text as ends, "Venue" as venue,
  "Price"::text as price from "Event"."Events" where "Id" = $1`;
const nextEvent = `select name, starts_at::text as starts, ends_at::text as ends, venue,
  (price_pence / 100.0)::numeric(18,2)::text as price from events.events where id = $1`;

const servers: Record<ServedBy['who'], () => Promise<Partial<ServedUrls>>> = {
  owner: async () => ({ owner: await serve(answerFrom(createPool({ url: source, connections: 8 }), legacyEvent)) }),
  candidates: async () => ({
    candidate: await serve(answerFrom(createPool({ url: target, connections: 8 }), nextEvent)),
    hung: await serve(() => undefined),
    refusing: await serve((request) => request.socket.destroy()),
    large: await serve((_request, response) => void response.end(large)),
  }),
};
parentPort?.postMessage(await servers[who]());

function answerFrom(pool: pg.Pool, sql: string): RequestListener {
  return async (request, response) => {
    const { rows } = await pool.query(sql, [(request.url ?? '').split('/')[2]]);
    const body = JSON.stringify(rows[0]);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  };
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
