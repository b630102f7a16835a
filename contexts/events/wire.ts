import { type Venue, venues } from '@ticketbuddy/contracts';
import {
  type Decimal,
  dateTimeOffset,
  decimal,
  enumeration,
  formatHundredths,
  type Members,
  readObject,
  text,
} from '@ticketbuddy/dotnet-json';
import { type Announcement, type Details, judgeName, type KnownEvent } from './event.ts';
import { formatMoment } from './format-moment.ts';

type DetailsBody = { EventName: string; StartDate: Temporal.Instant; EndDate: Temporal.Instant; Price: Decimal };

const details: Members<DetailsBody> = {
  EventName: text(judgeName),
  StartDate: dateTimeOffset,
  EndDate: dateTimeOffset,
  Price: decimal,
};

// The legacy's ten go by their numbers too. A client that sends 10 was always refused.
const numberedVenues = 10;

const announcement: Members<DetailsBody & { Venue: Venue }> = {
  ...details,
  Venue: enumeration(venues, numberedVenues),
};

export function readDetails(json: Buffer): Details {
  return toDetails(readObject(json, details));
}

export function readAnnouncement(json: Buffer): Announcement {
  const body = readObject(json, announcement);
  return { ...toDetails(body), venue: body.Venue };
}

export function eventJson(event: KnownEvent): string {
  const dates = `"StartDate":"${formatMoment(event.startsAt)}","EndDate":"${formatMoment(event.endsAt)}"`;
  const price = event.pricePence === undefined ? '' : `"Price":${formatHundredths(event.pricePence)},`;
  return `{"EventName":${JSON.stringify(event.name)},${dates},"Venue":${JSON.stringify(event.venue)},${price}"Id":"${event.id}"}`;
}

function toDetails(body: Partial<DetailsBody>): Details {
  return { name: body.EventName, startsAt: body.StartDate, endsAt: body.EndDate, price: body.Price };
}
