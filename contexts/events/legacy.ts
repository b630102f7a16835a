import { parsePathGuid } from '@ticketbuddy/dotnet-json';

export { legacyMessages } from './legacy-messages.ts';

const id = { legacy: 'Id', next: 'id', kind: 'uuid', legacyType: 'uuid' } as const;
const name = { legacy: 'EventName', next: 'name', kind: 'text', legacyType: 'text' } as const;
const startsAt = {
  legacy: 'StartDate',
  next: 'starts_at',
  kind: 'timestamptz',
  legacyType: 'timestamptz',
  refuse: refuseTime,
} as const;
const endsAt = { ...startsAt, legacy: 'EndDate', next: 'ends_at' } as const;
const venue = { legacy: 'Venue', next: 'venue', kind: 'integer', legacyType: 'int' } as const;
const price = {
  legacy: 'Price',
  next: 'price_pence',
  kind: 'integer',
  legacyType: 'numeric(18,2)',
  nextType: 'bigint',
  // What is no number has none here either: it is set aside, and the others can still be compared.
  toNext: (pounds: string) => `(nullif(${pounds}, 'NaN') * 100)::bigint`,
  toLegacy: (pence: string) => `(${pence} / 100.0)::numeric(18,2)`,
  readAgain: (pounds: string) => (pounds === 'NaN' ? null : pounds.replace('.', '')),
  refuse: (text: string) => (text === 'NaN' ? 'a price is a number' : undefined),
} as const;

const [legacyTable, nextTable] = ['"Event"."Events"', '"events"."events"'];

/**
 * How the legacy keeps events, and what its clients read of them. What breaks the rules is carried all the same, and marked by a
 * trigger of the table. `aggregates` are the rows that an answer shows; a list may show any.
 */
export const legacyEvents = {
  unit: 'events',
  tables: [
    {
      legacy: { schema: 'Event', name: 'Events', key: ['Id'] },
      next: { schema: 'events', name: 'events', key: ['id'] },
      columns: [id, name, startsAt, endsAt, venue, price],
      nextOnly: { carried: 'true' },
    },
  ],
  reads: [
    {
      endpoint: 'GET /events',
      match: (method: string, path: string) => (namesList(method, path) ? {} : undefined),
      aggregates: { legacy: () => [{ table: legacyTable }], next: () => [{ table: nextTable }] },
    },
    {
      endpoint: 'GET /events/{id}',
      match: eventNamed,
      aggregates: {
        legacy: (eventId = '') => [{ table: legacyTable, values: { Id: eventId } }],
        next: (eventId = '') => [{ table: nextTable, values: { id: eventId } }],
      },
    },
  ],
  shadowRules: { ignore: [], arrays: [] },
} as const;

function namesList(method: string, path: string): boolean {
  return method === 'GET' && /^\/events\/?$/i.test(withoutQuery(path));
}

function eventNamed(method: string, path: string): { readonly id: string } | undefined {
  const [, named] = /^\/events\/([^/]+)\/?$/i.exec(withoutQuery(path)) ?? [];
  const eventId = method === 'GET' && named !== undefined ? parsePathGuid(named) : undefined;
  return eventId === undefined ? undefined : { id: eventId };
}

function withoutQuery(path: string): string {
  const end = path.indexOf('?');
  return end < 0 ? path : path.slice(0, end);
}

// Neither system has an answer for a time that .NET does not know.
function refuseTime(text: string): string | undefined {
  const isKnown = text === 'infinity' || text === '-infinity' || /^(?!0000)\d{4}-(?!.*BC)/.test(text);
  return isKnown ? undefined : `${text} is outside of the years 1 to 9999`;
}
