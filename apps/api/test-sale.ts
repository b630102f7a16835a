import { randomUUID } from 'node:crypto';
import { until } from '@ticketbuddy/testing';
import { type Answer, get, post, put } from './test-send.ts';

export type Ticket = {
  readonly Id: string;
  readonly EventId: string;
  readonly Price: number;
  readonly SeatNumber: number;
  readonly Purchased: boolean;
  readonly Reserved: boolean;
};

let announced = 0;

/** A night of its own, so that no two are in each other's way. */
export function anEvent(details: object = {}) {
  const night = Date.UTC(2031, 0, ++announced, 19);
  return {
    EventName: `Night ${announced}`,
    StartDate: new Date(night).toISOString(),
    EndDate: new Date(night + 3 * 3_600_000).toISOString(),
    Venue: 'RoundhouseLondon',
    Price: 25,
    ...details,
  };
}

/** Announces an event and answers its id. */
export async function announce(url: string, event = anEvent()): Promise<string> {
  const answer = await post(url, '/events', event);
  if (answer.status !== 201) throw new Error(`the event was not announced: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body) as string;
}

export function change(url: string, eventId: string, event: object): Promise<Answer> {
  return put(url, `/events/${eventId}`, event);
}

/** Registers a customer and answers the id. */
export async function register(url: string, user: object = aCustomer()): Promise<string> {
  const answer = await post(url, '/users', user);
  if (answer.status !== 201) throw new Error(`the user was not registered: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body) as string;
}

export function aCustomer(details: object = {}) {
  return { FullName: 'Jo Doe', Email: `jo.${randomUUID()}@example.com`, ...details };
}

export async function seatsOf(url: string, eventId: string): Promise<Ticket[]> {
  const answer = await get(url, `/events/${eventId}/tickets`);
  if (answer.status !== 200) throw new Error(`the seats were not listed: ${answer.status} ${answer.body}`);
  return (JSON.parse(answer.body) as Ticket[]).sort((one, other) => one.SeatNumber - other.SeatNumber);
}

/** The seats of a new event, as soon as they are there. */
export function seatsOnceThere(url: string, eventId: string): Promise<Ticket[]> {
  return until('the event has seats', async () => {
    const seats = await seatsOf(url, eventId);
    return seats.length > 0 && seats;
  });
}

export function reserve(url: string, eventId: string, userId: string, ticketIds: readonly string[]): Promise<Answer> {
  return post(url, `/events/${eventId}/tickets/reserve`, { userId, ticketIds });
}

export function purchase(url: string, eventId: string, userId: string, ticketIds: readonly string[]): Promise<Answer> {
  return post(url, `/events/${eventId}/tickets/purchase`, { userId, ticketIds });
}
