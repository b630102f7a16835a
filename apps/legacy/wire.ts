import { userTypes } from '@ticketbuddy/contracts';
import { venueNames } from './bodies.ts';
import { writeJson } from './dotnet-text.ts';
import { formatUtc } from './dotnet-time.ts';
import type { Event, Ticket, User } from './store.ts';

export function eventJson({ id, name, startsAt, endsAt, venue, price }: Event): string {
  return object([
    ['EventName', writeJson(name)],
    ['StartDate', writeJson(formatUtc(startsAt))],
    ['EndDate', writeJson(formatUtc(endsAt))],
    ['Venue', enumJson(venue, venueNames)],
    ['Price', price],
    ['Id', writeJson(id)],
  ]);
}

export function ticketJson({ id, eventId, price, seatNumber, userId }: Ticket, isReserved: boolean): string {
  return object([
    ['Id', writeJson(id)],
    ['EventId', writeJson(eventId)],
    ['Price', price],
    ['SeatNumber', seatNumber === null ? null : String(seatNumber)],
    ['Purchased', String(userId !== null)],
    ['Reserved', String(isReserved)],
  ]);
}

export function userJson({ id, fullName, email, userType }: User): string {
  return object([
    ['FullName', writeJson(fullName)],
    ['Email', writeJson(email)],
    ['UserType', enumJson(userType, userTypes)],
    ['Id', writeJson(id)],
  ]);
}

export function listJson(items: readonly string[]): string {
  return `[${items.join(',')}]`;
}

/** What is null is left out. Prices are digits: a number would lose their scale. */
function object(members: readonly (readonly [name: string, json: string | null])[]): string {
  const written = members.flatMap(([name, json]) => (json === null ? [] : [`"${name}":${json}`]));
  return `{${written.join(',')}}`;
}

// A number that no member has is answered as it is.
function enumJson(value: number, names: readonly string[]): string {
  return writeJson(names[value] ?? value);
}
