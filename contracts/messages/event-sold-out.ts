import { type Static, Type } from 'typebox';

/** The last seat of an event was sold. */
export const EventSoldOut = Type.Object({ eventId: Type.String({ format: 'uuid' }) }, { title: 'EventSoldOut' });

export type EventSoldOut = Static<typeof EventSoldOut>;
