import { EventSoldOut, eventSoldOutUrn } from '@ticketbuddy/contracts';
import { type Consumer, type Message, once, readMembers } from '@ticketbuddy/messaging';
import type { Deps } from '@ticketbuddy/runtime';
import { Value } from 'typebox/value';
import { noteSoldOut } from './store.ts';
import type { DB } from './tables.gen.ts';

export function consumers(deps: Deps<DB>): Consumer[] {
  return [{ name: 'events.sold-out', urns: [eventSoldOutUrn], handle: soldOutHandler(deps) }];
}

export function soldOutHandler({ db }: Deps<DB>): Consumer['handle'] {
  return once(db, 'events', (tx, message) => noteSoldOut(tx, readEventId(message), message.sentAt));
}

function readEventId({ body: given }: Message): string {
  const body = readMembers(given, EventSoldOut);
  if (!Value.Check(EventSoldOut, body)) throw new TypeError('the message is no EventSoldOut');
  return body.eventId;
}
