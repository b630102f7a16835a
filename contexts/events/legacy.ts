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
  toNext: (pounds: string) => `(${pounds} * 100)::bigint`,
  toLegacy: (pence: string) => `(${pence} / 100.0)::numeric(18,2)`,
  refuse: (text: string) => (text === 'NaN' ? 'a price is a number' : undefined),
} as const;

/** How the legacy keeps events. What breaks the rules is carried all the same, and marked by a trigger of the table. */
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
} as const;

// Neither system has an answer for a time that .NET does not know.
function refuseTime(text: string): string | undefined {
  const isKnown = text === 'infinity' || text === '-infinity' || /^(?!0000)\d{4}-(?!.*BC)/.test(text);
  return isKnown ? undefined : `${text} is outside of the years 1 to 9999`;
}
