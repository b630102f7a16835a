import type { AnnouncedEvent } from './announced-event.ts';
import type { Seat, SeatState, Seats } from './seat.ts';

type SeatWishes = {
  readonly number?: number;
  readonly pricePence?: number;
  readonly heldBy?: string;
  /** When the hold ends. */
  readonly until?: string;
  readonly holdId?: string;
  readonly soldTo?: string;
};

const buyers = ['ann', 'bob', 'cem', 'dua', 'eve'] as const;
export type Buyer = (typeof buyers)[number];

/** The time of day on the day of all these tests. */
export function at(time: string): Temporal.Instant {
  return Temporal.Instant.from(`2026-06-01T${time}Z`);
}

/** An open seat at 10.00, unless it is held until 12:15 or was sold at noon. */
export function aSeat({ number = 1, pricePence = 1_000, ...wishes }: SeatWishes = {}): Seat {
  return { eventId: 'show', number, id: seatId(number), pricePence, ...stateOf(wishes) };
}

function seatId(number: number): string {
  return `5ea70000-0000-4000-8000-${`${number}`.padStart(12, '0')}`;
}

export function seatsById(...seats: readonly Seat[]): Seats {
  return new Map(seats.map((seat) => [seat.id, seat] as const)) as Seats;
}

/** What the user wants at the show, by the numbers of the seats. */
export function aSelection(userId: string, ...numbers: readonly number[]) {
  return { eventId: 'show', userId, seatIds: numbers.map(seatId) };
}

/** Ten seats at 10.00, as first announced. */
export function anEvent(changes: Partial<AnnouncedEvent> = {}): AnnouncedEvent {
  return {
    id: 'e0e00000-0000-4000-8000-00000000000e',
    name: 'Show',
    startsAt: at('19:00'),
    endsAt: at('22:00'),
    venue: 0,
    pricePence: 1_000,
    version: 1,
    sentAt: at('11:00'),
    ...changes,
  };
}

/** The body of the message that tells of `anEvent`. */
export function anEventUpserted(changes = {}) {
  return {
    id: anEvent().id,
    eventName: 'Show',
    startDate: '2026-07-01T19:00:00+00:00',
    endDate: '2026-07-01T22:00:00+00:00',
    venue: 0,
    price: '10.00',
    ...changes,
  };
}

/** The user id of a buyer. */
export function idOf(buyer: Buyer): string {
  return `b0000000-0000-4000-8000-00000000000${buyers.indexOf(buyer) + 1}`;
}

export function buyerOf(userId: string): string {
  return buyers.find((buyer) => idOf(buyer) === userId) ?? userId;
}

function stateOf({ heldBy, until = '12:15', holdId = 'a hold', soldTo }: SeatWishes): SeatState {
  if (soldTo) return { state: 'sold', ownerId: soldTo, soldAt: at('12:00') };
  const heldUntil = at(until);
  const heldSince = heldUntil.subtract({ minutes: 15 });
  if (heldBy) return { state: 'held', holderId: heldBy, holdId, heldSince, heldUntil };
  return { state: 'open' };
}
