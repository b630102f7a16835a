import { randomUUID } from 'node:crypto';
import { type EventSoldOut, eventSoldOutUrn } from '@ticketbuddy/contracts';
import { addToOutbox } from '@ticketbuddy/messaging';
import type { Transact } from '@ticketbuddy/postgres/database';
import type { SoldOut } from './standing.ts';
import type { DB } from './tables.gen.ts';

/** Tells the other contexts that the event's last seat is sold, if and when the transaction commits. */
export async function publishSoldOut(
  tx: Transact<DB>,
  { eventId, version }: SoldOut,
  { now, traceparent }: { readonly now: Temporal.Instant; readonly traceparent: string | undefined },
): Promise<void> {
  const body: EventSoldOut = { eventId };
  await addToOutbox(tx, 'tickets', {
    id: randomUUID(),
    urn: eventSoldOutUrn,
    key: eventId,
    version,
    sentAt: now,
    traceparent,
    body,
  });
}
