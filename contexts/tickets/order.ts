import { randomUUID } from 'node:crypto';
import { newOrderNumber } from './order-number.ts';
import type { Seat } from './seat.ts';

/** A purchase: seats of one event, sold together to one user. */
export type Order = {
  readonly id: string;
  /** For people: to be read out and typed. */
  readonly number: string;
  readonly eventId: string;
  readonly userId: string;
  readonly seats: readonly number[];
  readonly totalPence: number;
  readonly boughtAt: Temporal.Instant;
  /** What its tickets' codes are made with again; those of an order without one are made when they are asked for. */
  readonly proof?: Buffer | undefined;
};

/** What identifies an order, before it is known whether there will be one. */
export type OrderName = Pick<Order, 'id' | 'number'>;

export function newOrderName(): OrderName {
  return { id: randomUUID(), number: newOrderNumber() };
}

/** The order of the seats, which are sold; none of no seats. */
export function orderOf(name: OrderName, seats: readonly Seat[], now: Temporal.Instant): Order | undefined {
  const [first] = seats;
  if (first?.state !== 'sold') return undefined;
  return {
    ...name,
    eventId: first.eventId,
    userId: first.ownerId,
    seats: seats.map(({ number }) => number),
    totalPence: seats.reduce((total, { pricePence }) => total + pricePence, 0),
    boughtAt: now,
  };
}
