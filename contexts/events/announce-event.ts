import { randomUUID } from 'node:crypto';
import type { Deps } from '@ticketbuddy/runtime';
import { type Announcement, announce } from './event.ts';
import { publishEvent } from './publish-event.ts';
import { claimVenue, insertEvent } from './store.ts';
import type { DB } from './tables.gen.ts';

/** Announces a new event and answers its id; its seats appear once tickets has heard of it. */
export async function announceEvent(
  { db, clock }: Deps<DB>,
  said: Announcement,
  id: string = randomUUID(),
): Promise<string> {
  const event = announce(id, said, clock.now());
  await db.transaction(async (tx) => {
    await claimVenue(tx, event);
    await insertEvent(tx, event);
    await publishEvent(tx, event, clock.now());
  });
  return event.id;
}
