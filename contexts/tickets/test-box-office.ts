import { createDatabase } from '@ticketbuddy/postgres';
import { FakeClock, type TestDatabase, testDatabase } from '@ticketbuddy/testing';
import type { AnnouncedEvent } from './announced-event.ts';
import { applyEvent } from './apply-event.ts';
import type { Seat } from './seat.ts';
import { seatsOfEvent } from './store.ts';
import type { DB } from './tables.gen.ts';
import { anEvent } from './test-builders.ts';

export type BoxOffice = Awaited<ReturnType<typeof openBoxOffice>>;

/** A database without seats and a clock that stands at noon; both end with the test. */
export async function openBoxOffice() {
  return boxOfficeAt(await testDatabase());
}

export function boxOfficeAt({ pool }: Pick<TestDatabase, 'pool'>, clock = new FakeClock()) {
  const db = createDatabase<DB>(pool);
  return {
    deps: { db, clock },
    pool,
    /** Takes over how an event is now. Answers its seats, in order. */
    async announce(changes: Partial<AnnouncedEvent> = {}): Promise<Seat[]> {
      const event = anEvent(changes);
      await db.transaction((tx) => applyEvent(tx, event, clock.now()));
      return seatsOfEvent(db, event.id);
    },
    seats: (eventId = anEvent().id): Promise<Seat[]> => seatsOfEvent(db, eventId),
  };
}

const buyers = ['ann', 'bob', 'cem', 'dua', 'eve'] as const;
export type Buyer = (typeof buyers)[number];

/** The user id of a buyer. */
export function idOf(buyer: Buyer): string {
  return `b0000000-0000-4000-8000-00000000000${buyers.indexOf(buyer) + 1}`;
}

export function buyerOf(userId: string): string {
  return buyers.find((buyer) => idOf(buyer) === userId) ?? userId;
}
