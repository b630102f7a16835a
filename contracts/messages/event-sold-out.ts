import { type Static, Type } from 'typebox';

export const eventSoldOutUrn = 'urn:message:Integration.Tickets.Messaging.Messages:EventSoldOut';

/** The last seat of an event was sold. */
export const EventSoldOut = Type.Object({ eventId: Type.String({ format: 'uuid' }) }, { title: 'EventSoldOut' });

export type EventSoldOut = Static<typeof EventSoldOut>;
