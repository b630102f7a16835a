import { EventUpserted, eventUpsertedUrn } from '@ticketbuddy/contracts';
import { parseDateTimeOffset, parseDecimal, toHundredths } from '@ticketbuddy/dotnet-json';
import { type Consumer, type Message, once, readMembers } from '@ticketbuddy/messaging';
import type { Deps } from '@ticketbuddy/runtime';
import { Value } from 'typebox/value';
import type { AnnouncedEvent } from './announced-event.ts';
import { applyEvent } from './apply-event.ts';
import type { DB } from './tables.gen.ts';

export function consumers({ db, clock }: Deps<DB>): Consumer[] {
  return [
    {
      name: 'tickets.events',
      urns: [eventUpsertedUrn],
      handle: once(db, 'tickets', (tx, message) => applyEvent(tx, readEvent(message), clock.now())),
    },
  ];
}

function readEvent({ body: given, version, sentAt }: Message): AnnouncedEvent {
  const body = readMembers(given, EventUpserted);
  if (!Value.Check(EventUpserted, body)) throw new TypeError('the message is no EventUpserted');
  const [startsAt, endsAt] = [parseDateTimeOffset(body.startDate), parseDateTimeOffset(body.endDate)];
  const price = parseDecimal(body.price);
  if (!startsAt || !endsAt) throw new TypeError('the message has a date that is none');
  if (!price) throw new TypeError('the message has a price that is none');
  const pricePence = Number(toHundredths(price));
  return { id: body.id, name: body.eventName, startsAt, endsAt, venue: body.venue, pricePence, version, sentAt };
}
