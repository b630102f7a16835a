import { randomUUID } from 'node:crypto';
import { type EventUpserted, eventUpsertedUrn, venues } from '@ticketbuddy/contracts';
import { formatHundredths, formatInstant } from '@ticketbuddy/dotnet-json';
import { addToOutbox } from '@ticketbuddy/messaging';
import type { Transact } from '@ticketbuddy/postgres/database';
import type { Event } from './event.ts';
import type { DB } from './tables.gen.ts';

/** Tells the other contexts how the event is now, if and when the transaction commits. */
export async function publishEvent(tx: Transact<DB>, event: Event, now: Temporal.Instant): Promise<void> {
  const body: EventUpserted = {
    id: event.id,
    eventName: event.name,
    startDate: formatInstant(event.startsAt),
    endDate: formatInstant(event.endsAt),
    venue: venues.indexOf(event.venue),
    price: formatHundredths(event.pricePence),
  };
  await addToOutbox(tx, 'events', {
    id: randomUUID(),
    urn: eventUpsertedUrn,
    key: event.id,
    version: event.version,
    sentAt: now,
    body,
  });
}
