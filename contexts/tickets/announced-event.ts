import { randomUUID } from 'node:crypto';
import { layoutOf, priceOf } from './layout.ts';
import type { Seat } from './seat.ts';

/** What tickets knows of an event. */
export type AnnouncedEvent = {
  readonly id: string;
  readonly name: string;
  readonly startsAt: Temporal.Instant;
  readonly endsAt: Temporal.Instant;
  /** Its wire number, which leads to its layout. */
  readonly venue: number;
  readonly pricePence: number;
  /** Of the message that told it; the legacy sends none. */
  readonly version: number | undefined;
  readonly sentAt: Temporal.Instant;
};

export function capacityOf({ venue }: AnnouncedEvent): number {
  return layoutOf(venue).capacity;
}

/** Seats 1 to the venue's capacity, open, at what the event's price makes of their categories. */
export function firstSeats(event: AnnouncedEvent): Seat[] {
  const layout = layoutOf(event.venue);
  return Array.from({ length: layout.capacity }, (_, index) => ({
    eventId: event.id,
    number: index + 1,
    id: randomUUID(),
    pricePence: priceOf(layout, index + 1, event.pricePence),
    state: 'open',
  }));
}

/** Those seats whose price the event's new one changes, with it: none that is sold, but held ones too. */
export function repriced(seats: readonly Seat[], event: AnnouncedEvent): Seat[] {
  const layout = layoutOf(event.venue);
  return seats.flatMap((seat) => {
    const pricePence = priceOf(layout, seat.number, event.pricePence);
    return seat.state !== 'sold' && seat.pricePence !== pricePence ? [{ ...seat, pricePence }] : [];
  });
}
