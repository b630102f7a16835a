import { randomUUID } from 'node:crypto';
import { eventUpsertedUrn, venues } from '@ticketbuddy/contracts';
import { addToOutbox } from '@ticketbuddy/messaging';
import type { Transact } from '@ticketbuddy/postgres/database';
import type { Event } from './event.ts';
import { bodyOf } from './message-body.ts';
import type { DB } from './tables.gen.ts';

/** Tells the other contexts how the event is now, if and when the transaction commits. */
export async function publishEvent(tx: Transact<DB>, event: Event, now: Temporal.Instant): Promise<void> {
  await addToOutbox(tx, 'events', {
    id: randomUUID(),
    urn: eventUpsertedUrn,
    key: event.id,
    version: event.version,
    sentAt: now,
    body: bodyOf({ ...event, venue: venues.indexOf(event.venue) }),
  });
}
