import { userTypes, venues } from '@ticketbuddy/contracts';
import { array, guid, type Members, readObject, text } from '@ticketbuddy/dotnet-json';
import { unreadable } from '@ticketbuddy/errors';
import { decimalText, enumNumber } from './dotnet-numbers.ts';
import { type OffsetTime, parseOffsetTime, unset } from './dotnet-time.ts';
import { judgeEmail, judgeEventName, judgeFullName } from './rules.ts';

/** What is missing has .NET's default: the beginning of time, nothing, zero. A missing name stays missing. */
export type EventBody = {
  readonly name: string | undefined;
  readonly startsAt: OffsetTime;
  readonly endsAt: OffsetTime;
  /** In the sender's scale. */
  readonly price: string;
};

export type UserBody = { readonly fullName: string | undefined; readonly email: string | undefined };

export type SeatsBody = { readonly userId: string; readonly ticketIds: readonly string[] };

type Converter<T> = Members<{ value: T }>['value'];

export const offsetTime: Converter<OffsetTime> = (reader) => {
  const given = reader.peek() === 'string' ? reader.string() : reader.number();
  const time = parseOffsetTime(given);
  if (!time) throw reader.refuse('The value is not a DateTimeOffset.');
  return time;
};

export const price: Converter<string> = (reader) => {
  const value = decimalText(reader.peek() === 'string' ? reader.string() : reader.number());
  if (value === undefined) throw reader.refuse('The value is not a Decimal.');
  return value;
};

/** The members of an enum are numbered by their place in `names`. */
export function enumOf(names: readonly string[]): Converter<number> {
  return (reader) => {
    const value = enumNumber(reader.peek() === 'string' ? reader.string() : reader.number(), names);
    if (value === undefined) throw reader.refuse('The value is no member of the enum.');
    return value;
  };
}

/** The legacy knows ten venues. */
export const venueNames: readonly string[] = venues.slice(0, 10);
export const nil = '00000000-0000-0000-0000-000000000000';

const eventMembers = { EventName: text(judgeEventName), StartDate: offsetTime, EndDate: offsetTime, Price: price };
const userMembers = { FullName: text(judgeFullName), Email: text(judgeEmail) };

/** The venue has to be one, or a number, and is ignored: every event is announced for the same venue. */
export function readAnnouncement(json: Buffer): EventBody {
  return eventBody(readObject(json, { ...eventMembers, Venue: enumOf(venueNames) }));
}

export function readChange(json: Buffer): EventBody {
  return eventBody(readObject(json, eventMembers));
}

export function readUser(json: Buffer): UserBody {
  const { FullName, Email } = readObject(json, userMembers);
  return { fullName: FullName, email: Email };
}

export function readRegistration(json: Buffer): UserBody & { readonly userType: number } {
  const { FullName, Email, UserType = 0 } = readObject(json, { ...userMembers, UserType: enumOf(userTypes) });
  return { fullName: FullName, email: Email, userType: UserType };
}

export function readSeats(json: Buffer): SeatsBody {
  const { userId = nil, ticketIds } = readObject(json, { userId: guid, ticketIds: array(guid) });
  if (!ticketIds) throw unreadable('$.ticketIds', 'The ticketIds field is required.');
  return { userId, ticketIds };
}

type Given = { EventName?: string; StartDate?: OffsetTime; EndDate?: OffsetTime; Price?: string };

function eventBody({ EventName, StartDate = unset, EndDate = unset, Price = '0' }: Given): EventBody {
  return { name: EventName, startsAt: StartDate, endsAt: EndDate, price: Price };
}
