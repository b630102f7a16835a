import { Type } from 'typebox';
import { userTypes } from '../user-types.ts';
import { venues } from '../venues.ts';

const id = Type.String({ format: 'uuid' });
const instant = Type.String({ format: 'date-time', description: 'UTC, `+00:00`, up to 6 digits of a second' });
const pounds = Type.Number({ description: 'Pounds, in whole pence' });

export const EventId = Type.String({ format: 'uuid', title: 'EventId' });

export const Event = Type.Object(
  {
    EventName: Type.String(),
    StartDate: instant,
    EndDate: instant,
    Venue: Type.Enum(venues),
    Price: pounds,
    Id: id,
  },
  { title: 'Event' },
);

/** Events that have not started, by start. */
export const EventList = Type.Array(Event, { title: 'EventList' });

export const UserId = Type.String({ format: 'uuid', title: 'UserId' });

export const User = Type.Object(
  { FullName: Type.String(), Email: Type.String(), UserType: Type.Enum(userTypes), Id: id },
  { title: 'User' },
);

export const UserList = Type.Array(User, { title: 'UserList' });

/** A seat at an event; the legacy's wire calls it a ticket. */
export const Ticket = Type.Object(
  {
    Id: id,
    EventId: id,
    Price: pounds,
    SeatNumber: Type.Integer(),
    Purchased: Type.Boolean(),
    Reserved: Type.Boolean(),
  },
  { title: 'Ticket' },
);

/** In no order that a client may rely on. */
export const TicketList = Type.Array(Ticket, { title: 'TicketList' });
