import type { Deps } from '@ticketbuddy/runtime';
import type { KnownEvent } from './event.ts';
import { pageSize, upcomingEvents } from './store.ts';
import type { DB } from './tables.gen.ts';

/**
 * The events that have not started, by start, as they are at one moment: between two pages of different moments an event whose
 * start is moved would be told twice, or not at all.
 */
export async function listEvents({ db, clock }: Deps<DB>): Promise<readonly KnownEvent[]> {
  const now = clock.now();
  const first = await upcomingEvents(db.query, now, undefined);
  if (first.length < pageSize) return first;
  return db.snapshot(async (tx) => {
    const events: KnownEvent[] = [];
    for (let isOver = false; !isOver; ) {
      const page = await upcomingEvents(tx, now, events.at(-1));
      events.push(...page);
      isOver = page.length < pageSize;
    }
    return events;
  });
}
