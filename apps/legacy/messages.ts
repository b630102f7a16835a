import type { EventBody } from './bodies.ts';
import { formatOffsetTime } from './dotnet-time.ts';
import type { Event, User } from './store.ts';

/** A message and the type it goes by, which is also the name of its exchange. */
export type Message = { readonly type: string; readonly body: Readonly<Record<string, unknown>> };

export const eventUpsertedType = 'Integration.Events.Messaging:EventUpserted';
export const userUpsertedType = 'Integration.Users.Messaging.Messages:UserUpserted';
export const seatsType = 'Domain.Tickets.Messages:EventUpserted';

/** The times and the price go out as the client wrote them, with its offsets and in its scale. */
export function eventUpserted({ id, name, venue }: Event, { startsAt, endsAt, price }: EventBody): Message {
  const [startDate, endDate] = [startsAt, endsAt].map(formatOffsetTime);
  return { type: eventUpsertedType, body: { id, eventName: name, startDate, endDate, venue, price } };
}

export function userUpserted({ id, fullName, email }: User): Message {
  return { type: userUpsertedType, body: { id, fullName, email } };
}

/** Within tickets: the seats of an event are to be made, or to have this price. */
export function seatsUpserted(id: string, venue: number, price: string): Message {
  return { type: seatsType, body: { id, venue, price } };
}
