import { createDatabase } from '@ticketbuddy/postgres/database';
import { createTestDatabase, emptyTables, FakeClock, type TestDatabase } from '@ticketbuddy/testing';
import { afterAll, beforeAll } from 'vitest';
import type { AnnouncedEvent } from './announced-event.ts';
import { applyEvent } from './apply-event.ts';
import { openSales } from './sales.ts';
import type { Seat, Selection } from './seat.ts';
import { seatsOfEvent } from './store-sales.ts';
import type { DB } from './tables.gen.ts';
import { anEvent } from './test-builders.ts';

export type BoxOffice = Awaited<ReturnType<ReturnType<typeof aBoxOfficePerTest>>>;

/** Every venue has ten seats or more. */
export type House = [Seat, Seat, Seat, Seat, ...Seat[]];

/** Call it once in a test file. What it answers opens a box office without events, at noon; only one is open at a time. */
export function aBoxOfficePerTest() {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  return async () => {
    // Nobody publishes here, so that it would be waited for.
    await database.pool.query('delete from tickets.outbox');
    await emptyTables(database.pool);
    return boxOfficeOn(database);
  };
}

/** What a user wants at the event that the seats are of. */
export function aRequest(userId: string, ...seats: readonly [Seat, ...Seat[]]): Selection {
  return { eventId: seats[0].eventId, userId, seatIds: seats.map(({ id }) => id) };
}

/** Changes tables past their triggers, as only somebody does who wants to. */
export async function unguarded(pool: TestDatabase['pool'], statement: string): Promise<void> {
  await pool.query(`set session_replication_role = replica; ${statement}; set session_replication_role = default`);
}

/** As if the event had got more seats: of that a house has to be read anew. */
export async function seatsAreMade({ pool }: Pick<TestDatabase, 'pool'>, eventId: string): Promise<void> {
  await pool.query(
    `with sale as (update tickets.sales set version = version + 1 where event_id = $1 returning event_id, version)
     insert into tickets.ledger (event_id, version, nth, kind, numbers, seat_ids, price_pence, at)
     select event_id, version, 0, 'created', '{}', '{}', 0, now() from sale`,
    [eventId],
  );
}

function boxOfficeOn({ pool }: TestDatabase) {
  const [db, clock] = [createDatabase<DB>(pool), new FakeClock()];
  const seats = (eventId = anEvent().id) => seatsOfEvent(db, eventId) as Promise<House>;
  return {
    pool,
    clock,
    deps: { db, clock, sales: openSales({ db, clock }) },
    /** The seats of an event that has some, in order. */
    seats,
    /** Takes over how an event is now. Answers its seats. */
    async announce(changes: Partial<AnnouncedEvent> = {}): Promise<House> {
      const event = anEvent(changes);
      await db.transaction((tx) => applyEvent(tx, event, clock.now()));
      return seats(event.id);
    },
  };
}
