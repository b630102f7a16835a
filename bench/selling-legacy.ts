import { randomUUID } from 'node:crypto';
import { createPool } from '@ticketbuddy/postgres';
import { seededRandom } from '@ticketbuddy/testing';
import type pg from 'pg';
import { closedLoop, rateOf, type Shot } from './closed-loop.ts';
import { startLegacyCopy } from './processes.ts';
import { openRedis, startRedis } from './redis-line.ts';
import { type Databases, once } from './selling-shop.ts';
import { groupSize, shuffle } from './selling-stock.ts';
import { allAnswered, connections, inTurn } from './selling-world.ts';
import { post } from './wire-connection.ts';

const seats = 100_000;
// As the legacy's largest venue has; its own events are never larger.
const seatsOfEvent = 20;

/** The legacy's way to buy four held seats, in a table of 100,000. */
export async function openLegacy(databases: Databases) {
  const url = await databases.create('legacy');
  const pool = createPool({ url, connections: 1 });
  const redis = await startRedis();
  databases.usedBy(() => redis.stop());
  const holds = await fillTable(pool);
  await holdInRedis(redis.port, holds);
  const copy = await startLegacyCopy({ DATABASE_URL: url, REDIS_PORT: `${redis.port}` });
  const next = inTurn(holds.map(purchaseShot));
  const stop = once(async () => {
    await Promise.all([copy.stop(), pool.end()]);
    await redis.stop();
  });
  databases.usedBy(stop);
  return {
    /** Answers how many a second. */
    async purchaseFor(seconds: number): Promise<number> {
      const done = await closedLoop({ urls: [copy.url], connections, seconds, next });
      allAnswered(204, done.exchanges);
      return rateOf(done);
    },
    stop,
  };
}

type LegacyHold = { readonly eventId: string; readonly userId: string; readonly ticketIds: readonly string[] };

/** The legacy's table. Answers who holds which of its seats, in an order of chance. */
async function fillTable(pool: pg.Pool): Promise<LegacyHold[]> {
  await pool.query(`
    create schema "Ticket";
    create table "Ticket"."Tickets" (
      "Id" uuid primary key, "EventId" uuid not null, "Price" numeric not null, "SeatNumber" int, "UserId" uuid,
      "PurchasedAt" timestamptz)`);
  const { rows } = await pool.query<{ event: string; ids: string[] }>(
    `with events as materialized (select gen_random_uuid() as id from generate_series(1, $1::int)), made as (
       insert into "Ticket"."Tickets" ("Id", "EventId", "Price", "SeatNumber")
       select gen_random_uuid(), id, 42.5, number from events, generate_series(1, $2::int) as number
       returning "Id", "EventId"
     )
     select "EventId" as event, array_agg("Id") as ids from made group by "EventId"`,
    [seats / seatsOfEvent, seatsOfEvent],
  );
  await pool.query('vacuum analyze "Ticket"."Tickets"');
  const holds = rows.flatMap(({ event, ids }) =>
    Array.from({ length: seatsOfEvent / groupSize }, (_, nth) => ({
      eventId: event,
      userId: randomUUID(),
      ticketIds: ids.slice(nth * groupSize, (nth + 1) * groupSize),
    })),
  );
  shuffle(holds, seededRandom(1));
  return holds;
}

async function holdInRedis(port: number, holds: readonly LegacyHold[]): Promise<void> {
  const redis = openRedis(port);
  const set = ({ eventId, userId }: LegacyHold, id: string) =>
    redis.command('SETEX', `event:${eventId}:ticket:${id}:reservation`, '900', userId);
  for (const hold of holds) await Promise.all(hold.ticketIds.map((id) => set(hold, id)));
  redis.close();
}

function purchaseShot({ eventId, userId, ticketIds }: LegacyHold): Shot<string> {
  return { request: post(`/events/${eventId}/tickets/purchase`, JSON.stringify({ userId, ticketIds })), about: userId };
}
