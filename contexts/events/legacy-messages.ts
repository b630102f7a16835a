import { eventUpsertedUrn } from '@ticketbuddy/contracts/urns';
import { parseBodyGuid, parseDateTimeOffset, parseDecimal, toHundredths } from '@ticketbuddy/dotnet-json';
import type { Message } from '@ticketbuddy/messaging';
import { readMembers } from '@ticketbuddy/messaging/members';
import { addOnce } from '@ticketbuddy/messaging/outbox-once';
import { bodyOf } from './message-body.ts';
import { pricedRows, type Querying, type ToldRow } from './store-legacy.ts';

/** What the legacy tells of its events: every one that was announced or changed. */
export const legacyMessages = {
  of: { schema: 'Event', name: 'Events', key: ['Id'] },
  urns: [eventUpsertedUrn],
  read: ({ body }: Message) => said(body),
  sayings: async (next: Querying, ids: readonly string[]) => (await pricedRows(next, ids)).flatMap(saying),
  tell: (tx: Querying, messages: readonly Message[]) => addOnce(tx, 'events', messages),
};

function saying({ price_pence, starts_at, ends_at, ...row }: ToldRow) {
  const body = bodyOf({ ...row, startsAt: starts_at, endsAt: ends_at, pricePence: BigInt(price_pence) });
  const what = said(body);
  return what ? [{ ...what, urn: eventUpsertedUrn, body }] : [];
}

const text = { type: 'string' };
const schema = { properties: { id: text, eventName: text, startDate: text, endDate: text, venue: {}, price: text } };

/** What a body says, whatever offset or scale it is written in; `undefined` when nobody can read it. */
function said(given: unknown): { readonly key: string; readonly says: string } | undefined {
  const body = (readMembers(given, schema) ?? {}) as Readonly<Record<string, unknown>>;
  const [startsAt, endsAt] = [body.startDate, body.endDate].map(microsecondOf);
  const price = typeof body.price === 'string' ? parseDecimal(body.price) : undefined;
  // Any text could be a key that no database takes.
  const key = typeof body.id === 'string' ? parseBodyGuid(body.id) : undefined;
  if (key === undefined || startsAt === undefined || endsAt === undefined || !price) return undefined;
  const says = JSON.stringify([body.eventName, startsAt, endsAt, body.venue, String(toHundredths(price))]);
  return { key, says };
}

// As both systems keep it: further digits are cut.
function microsecondOf(given: unknown): string | undefined {
  const moment = typeof given === 'string' ? parseDateTimeOffset(given) : undefined;
  return moment?.toString({ smallestUnit: 'microsecond', roundingMode: 'floor' });
}
