import type { BuySeats } from '@ticketbuddy/contracts';
import type { Static } from 'typebox';
import type { Basket } from './buy-seats.ts';
import { textOf } from './moments.ts';
import type { Order } from './order.ts';
import type { Change, Told } from './request.ts';
import type { Seat } from './seat.ts';
import type { OrderedSeat } from './store-orders.ts';

/** A hold as its buyer is told of it. */
export type HoldFacts = {
  readonly holdId: string;
  readonly seats: readonly number[];
  readonly heldSince: Temporal.Instant;
  readonly heldUntil: Temporal.Instant;
  readonly reason?: string | undefined;
};

/** What a buyer says to want to buy: the schema sees to it that it is exactly one of the two. */
export function wantedOf({ holdId, seats = [] }: Static<typeof BuySeats>): Basket['wanted'] {
  return holdId === undefined ? { seats } : { holdId: holdId.toLowerCase() };
}

/** `extendable`: whether its end can be moved. */
export function holdJson(eventId: string, hold: HoldFacts, extendable: boolean, now: Temporal.Instant): string {
  const { holdId, seats, heldUntil, reason } = hold;
  const why = reason === undefined ? '' : `,"reason":${JSON.stringify(reason)}`;
  return `{"holdId":"${holdId}","eventId":"${eventId}","seats":[${seats.join(',')}],"heldUntil":"${textOf(heldUntil)}","extendable":${extendable}${why},"serverTime":"${textOf(now)}"}`;
}

/** The facts of a hold, from what was just granted or from what was told of it before. */
export function holdOf(granted: Change | { readonly told: Told }): HoldFacts {
  if ('told' in granted) return toldHold(granted.told);
  const hold = heldTogether(granted.seats);
  if (!hold) throw new TypeError('what was granted is no hold');
  return { ...hold, reason: granted.reason };
}

/** The facts of seats that are held together; `undefined` of no seats. */
export function heldTogether(seats: readonly Seat[]): HoldFacts | undefined {
  const [first] = seats;
  if (first?.state !== 'held') return undefined;
  const { holdId, heldSince, heldUntil } = first;
  return { holdId, heldSince, heldUntil, seats: seats.map(({ number }) => number) };
}

export function orderJson(
  order: Order,
  seats: readonly OrderedSeat[],
  codes: readonly string[],
  now: Temporal.Instant,
): string {
  const { id, number, eventId, userId, totalPence, boughtAt } = order;
  const tickets = seats.map(
    (seat, nth) =>
      `{"seat":${seat.number},"seatId":"${seat.id}","pricePence":${seat.pricePence},"code":"${codes[nth]}"}`,
  );
  return `{"order":{"id":"${id}","number":"${number}","eventId":"${eventId}","userId":"${userId}","totalPence":${totalPence},"boughtAt":"${textOf(boughtAt)}"},"tickets":[${tickets.join(',')}],"serverTime":"${textOf(now)}"}`;
}

function toldHold({ holdId = '', seats = [], heldSince = '', heldUntil = '', reason }: Told): HoldFacts {
  const [since, until] = [Temporal.Instant.from(heldSince), Temporal.Instant.from(heldUntil)];
  return { holdId, seats, heldSince: since, heldUntil: until, reason };
}
