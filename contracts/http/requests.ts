import { Type } from 'typebox';
import { userTypes } from '../user-types.ts';
import { venues } from '../venues.ts';

// What a well-behaved client sends. v1 accepts more, as the legacy did: see the README of platform/dotnet-json.

const instant = Type.String({
  format: 'date-time',
  description: 'ISO 8601; judged at 100 ns, kept to the microsecond',
});
const price = Type.Number({
  minimum: 0,
  maximum: 1_000_000,
  description: 'Pounds, rounded to pence half away from zero',
});
const eventName = Type.String({ minLength: 1, pattern: '^[a-zA-Z0-9\\s]+$' });
const fullName = Type.String({ minLength: 1, pattern: '^[a-zA-Z\\s]+$' });
const email = Type.String({ pattern: '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$' });
const id = Type.String({ format: 'uuid' });

export const AnnounceEvent = Type.Object(
  { EventName: eventName, StartDate: instant, EndDate: instant, Venue: Type.Enum(venues), Price: price },
  { title: 'AnnounceEvent' },
);

export const ChangeEvent = Type.Object(
  { EventName: eventName, StartDate: instant, EndDate: instant, Price: price },
  { title: 'ChangeEvent' },
);

export const RegisterUser = Type.Object(
  { FullName: fullName, Email: email, UserType: Type.Optional(Type.Enum(userTypes)) },
  { title: 'RegisterUser' },
);

export const ChangeUser = Type.Object({ FullName: fullName, Email: email }, { title: 'ChangeUser' });

/** The seats (tickets, on this wire) that a user wants to hold or to buy: all of them or none. */
export const TicketSelection = Type.Object({ userId: id, ticketIds: Type.Array(id) }, { title: 'TicketSelection' });
