import { randomUUID } from 'node:crypto';
import { createPool } from '@ticketbuddy/postgres';
import { seededRandom } from '@ticketbuddy/testing';
import type pg from 'pg';
import { closedLoop, rateOf, type Shot } from './closed-loop.ts';
import { startLegacyCopy } from './processes.ts';
import { openRedis, startRedis } from './redis-line.ts';
import { type Databases, once } from './selling-shop.ts';
import { groupSize, shuffle, stadiumSeats } from './selling-stock.ts';
import { allAnswered, connections, inTurn } from './selling-world.ts';
import { post } from './wire-connection.ts';

// 100,000 in the table: an event as ours are, and others as the legacy's largest venue has them.
const smallSeats = 20;
const smallEvents = 1_000;
// More would only wait longer: each loads a whole stadium.
const enoughConnections = 4;
// So that there is something to buy in every round.
const smallSecondsMax = 1;

/** The legacy's way to buy four held seats, in a table of 100,000: of a stadium's event as ours are, or of a small one. */
export async function openLegacy(databases: Databases) {
  const url = await databases.create('legacy');
  const pool = createPool({ url, connections: 1 });
  const redis = await startRedis();
  databases.usedBy(() => redis.stop());
  const holds = await fillTable(pool);
  await holdInRedis(redis.port, holds);
  const copy = await startLegacyCopy({ DATABASE_URL: url, REDIS_PORT: `${redis.port}` });
  const holdsBySize = Map.groupBy(holds, ({ size }) => size);
  const nextOf = (size: EventSize) => inTurn((holdsBySize.get(size) ?? []).map(purchaseShot));
  const turns = {
    stadium: { next: nextOf('stadium'), connections: enoughConnections, secondsMax: Number.POSITIVE_INFINITY },
    small: { next: nextOf('small'), connections, secondsMax: smallSecondsMax },
  };
  const stop = once(async () => {
    await Promise.all([copy.stop(), pool.end()]);
    await redis.stop();
  });
  databases.usedBy(stop);
  return {
    /** Answers how many a second. */
    async purchaseFor(size: EventSize, seconds: number): Promise<number> {
      const { secondsMax, ...turn } = turns[size];
      const done = await closedLoop({ urls: [copy.url], ...turn, seconds: Math.min(seconds, secondsMax) });
      allAnswered(204, done.exchanges);
      return rateOf(done);
    },
    stop,
  };
}

type EventSize = 'stadium' | 'small';

type LegacyHold = {
  readonly eventId: string;
  readonly size: EventSize;
  readonly userId: string;
  readonly ticketIds: readonly string[];
};

/** The legacy's table. Answers who holds which of its seats, in an order of chance. */
async function fillTable(pool: pg.Pool): Promise<LegacyHold[]> {
  await pool.query(`
    create schema "Ticket";
    create table "Ticket"."Tickets" (
      "Id" uuid primary key, "EventId" uuid not null, "Price" numeric not null, "SeatNumber" int, "UserId" uuid,
      "PurchasedAt" timestamptz)`);
  const { rows } = await pool.query<{ event: string; ids: string[] }>(
    `with events as materialized (
       select gen_random_uuid() as id, case nth when 0 then $3::int else $2::int end as seats
       from generate_series(0, $1::int) as nth
     ), made as (
       insert into "Ticket"."Tickets" ("Id", "EventId", "Price", "SeatNumber")
       select gen_random_uuid(), id, 42.5, number from events, generate_series(1, seats) as number
       returning "Id", "EventId"
     )
     select "EventId" as event, array_agg("Id") as ids from made group by "EventId"`,
    [smallEvents, smallSeats, stadiumSeats],
  );
  await pool.query('vacuum analyze "Ticket"."Tickets"');
  const holds = rows.flatMap(({ event, ids }): LegacyHold[] =>
    Array.from({ length: ids.length / groupSize }, (_, nth) => ({
      eventId: event,
      size: ids.length === stadiumSeats ? 'stadium' : 'small',
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
