import type { EventUpserted } from '@ticketbuddy/contracts';
import { formatHundredths } from '@ticketbuddy/dotnet-json';
import { formatMoment } from './format-moment.ts';

type Told = {
  readonly id: string;
  readonly name: string;
  readonly startsAt: Temporal.Instant;
  readonly endsAt: Temporal.Instant;
  /** By its number. */
  readonly venue: number;
  readonly pricePence: number | bigint;
};

/** What other contexts are told of an event. */
export function bodyOf({ id, name, startsAt, endsAt, venue, pricePence }: Told): EventUpserted {
  return {
    id,
    eventName: name,
    startDate: formatMoment(startsAt),
    endDate: formatMoment(endsAt),
    venue,
    price: formatHundredths(pricePence),
  };
}
