import { randomUUID } from 'node:crypto';
import type { Seat } from './seat.ts';

/** What tickets knows of an event. */
export type AnnouncedEvent = {
  readonly id: string;
  readonly name: string;
  readonly startsAt: Temporal.Instant;
  readonly endsAt: Temporal.Instant;
  /** Its wire number, 0–9. */
  readonly venue: number;
  readonly pricePence: number;
  /** Of the message that told it; the legacy sends none. */
  readonly version: number | undefined;
  readonly sentAt: Temporal.Instant;
};

// By the venue's wire number.
const capacities = [10, 11, 12, 13, 14, 15, 16, 17, 18, 20];

export function capacityOf({ venue }: AnnouncedEvent): number {
  const capacity = capacities[venue];
  if (capacity === undefined) throw new RangeError(`nobody knows how many seats venue ${venue} has`);
  return capacity;
}

/** Seats 1 to the venue's capacity, open, at the event's price. */
export function firstSeats(event: AnnouncedEvent): Seat[] {
  return Array.from({ length: capacityOf(event) }, (_, index) => ({
    eventId: event.id,
    number: index + 1,
    id: randomUUID(),
    pricePence: event.pricePence,
    state: 'open',
  }));
}

/** The seats whose price the event's new one changes: those that are not sold, held ones included. */
export function seatsToPrice(seats: readonly Seat[], { pricePence }: AnnouncedEvent): Seat[] {
  return seats.filter((seat) => seat.state !== 'sold' && seat.pricePence !== pricePence);
}
