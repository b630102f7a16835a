import type { Venue } from '@ticketbuddy/contracts';
import { type Decimal, isNegative, toHundredths } from '@ticketbuddy/dotnet-json';
import {
  endsBeforeStart,
  inThePast,
  nameEmpty,
  nameNotAlphanumerical,
  priceEmpty,
  priceNegative,
  priceTooLarge,
  venueEmpty,
} from './refusals.ts';

export type Event = {
  readonly id: string;
  readonly name: string;
  readonly startsAt: Temporal.Instant;
  readonly endsAt: Temporal.Instant;
  readonly venue: Venue;
  readonly pricePence: number;
  /** 1 when announced, one more with each change. */
  readonly version: number;
};

/**
 * An event as it is found. One that was carried over from the legacy may break the rules: overlap with others, end before
 * it starts, have no price or any, or a venue that only has a number.
 */
export type KnownEvent = Omit<Event, 'venue' | 'pricePence'> & {
  readonly venue: Venue | number;
  readonly pricePence: number | bigint | undefined;
};

/** What a caller says of an event; each member may be missing. Times are to 100 ns. */
export type Details = {
  readonly name: string | undefined;
  readonly startsAt: Temporal.Instant | undefined;
  readonly endsAt: Temporal.Instant | undefined;
  readonly price: Decimal | undefined;
};

export type Announcement = Details & { readonly venue: Venue | undefined };

const largestPricePence = 100_000_000n;
// A missing date counts as the beginning of time, which is in the past.
const beginningOfTime = Temporal.Instant.from('0001-01-01T00:00:00Z');
// Letters, digits and white space as .NET sees them: `k` has a third form, the Kelvin sign.
const alphanumerical = /^[A-Za-z0-9\u212A\t-\r\x85\p{Z}]*$/u;

const endOfTime = Temporal.Instant.from('9999-12-31T23:59:59.9999999Z');

/** Whether a moment that is kept stands for no end: everything else is kept to the microsecond. */
export function isEndOfTime(moment: Temporal.Instant): boolean {
  return moment.equals(endOfTime);
}

/** Throws unless `name` can be an event's name; judged as soon as it is read. */
export function judgeName(name: string): void {
  if (name === '') throw nameEmpty();
  if (!alphanumerical.test(name)) throw nameNotAlphanumerical();
}

/** A new event, or the first reason why there cannot be one. */
export function announce(id: string, said: Announcement, now: Temporal.Instant): Event {
  const [startsAt, endsAt] = [said.startsAt ?? beginningOfTime, said.endsAt ?? beginningOfTime];
  if (isBefore(startsAt, now)) throw inThePast();
  if (isBefore(endsAt, startsAt)) throw endsBeforeStart();
  if (said.name === undefined) throw nameEmpty();
  const pricePence = judgePrice(said.price);
  if (said.venue === undefined) throw venueEmpty();
  return { id, name: said.name, startsAt, endsAt, venue: said.venue, pricePence, version: 1 };
}

/** The event as it is after the change, or the first reason why it stays as it is. */
export function change(event: KnownEvent, said: Details, now: Temporal.Instant): Event {
  const [startsAt, endsAt] = [said.startsAt ?? beginningOfTime, said.endsAt ?? beginningOfTime];
  if (isBefore(startsAt, now) || isBefore(endsAt, now)) throw inThePast();
  if (isBefore(endsAt, startsAt)) throw endsBeforeStart();
  if (said.name === undefined) throw nameEmpty();
  const pricePence = judgePrice(said.price);
  if (typeof event.venue === 'number') throw venueEmpty();
  return { ...event, venue: event.venue, name: said.name, startsAt, endsAt, pricePence, version: event.version + 1 };
}

function judgePrice(price: Decimal | undefined): number {
  if (price === undefined) throw priceEmpty();
  if (isNegative(price)) throw priceNegative();
  const pence = toHundredths(price);
  if (pence > largestPricePence) throw priceTooLarge();
  return Number(pence);
}

function isBefore(one: Temporal.Instant, other: Temporal.Instant): boolean {
  return Temporal.Instant.compare(one, other) < 0;
}
