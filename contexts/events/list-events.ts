import type { Deps } from '@ticketbuddy/runtime';
import type { KnownEvent } from './event.ts';
import { upcomingEvents } from './store.ts';
import type { DB } from './tables.gen.ts';

/** One page of the events that have not started, by start; ask again with the last one for the next page. */
export async function listEvents(
  { db, clock }: Deps<DB>,
  after: KnownEvent | undefined,
): Promise<readonly KnownEvent[]> {
  return upcomingEvents(db, clock.now(), after);
}
