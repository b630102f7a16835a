import { EventUpserted, UserUpserted } from '@ticketbuddy/contracts';
import { parseDateTimeOffset, parseDecimal, toHundredths } from '@ticketbuddy/dotnet-json';
import { type Message, readMembers } from '@ticketbuddy/messaging';
import { Value } from 'typebox/value';
import type { AnnouncedEvent } from './announced-event.ts';
import type { Buyer } from './buyer.ts';

/** Throws a `TypeError` that says why when the message is none that tickets can take over. */
export function readEvent({ body: given, version, sentAt }: Message): AnnouncedEvent {
  const body = readMembers(given, EventUpserted);
  if (isWithoutPrice(body)) throw new TypeError('the event has no price, and no seat can be sold without one');
  if (!Value.Check(EventUpserted, body)) throw new TypeError('the message is no EventUpserted');
  const [startsAt, endsAt] = [parseDateTimeOffset(body.startDate), parseDateTimeOffset(body.endDate)];
  if (!startsAt || !endsAt) throw new TypeError('the message has a date that is none');
  const pricePence = readPrice(body.price);
  return { id: body.id, name: body.eventName, startsAt, endsAt, venue: body.venue, pricePence, version, sentAt };
}

/** Throws a `TypeError` when the message tells of no user. Names and addresses are taken as they are. */
export function readBuyer({ body: given, version, sentAt }: Message): Buyer {
  const body = readMembers(given, UserUpserted);
  if (!Value.Check(UserUpserted, body)) throw new TypeError('the message is no UserUpserted');
  return { ...body, version, sentAt };
}

function isWithoutPrice(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'price' in body && body.price === null;
}

function readPrice(text: string): number {
  const price = parseDecimal(text);
  if (!price) throw new TypeError('the message has a price that is none');
  const pence = toHundredths(price);
  if (pence < 0n) throw new TypeError(`the event has a price below zero (${text}), at which no seat can be sold`);
  return Number(pence);
}
