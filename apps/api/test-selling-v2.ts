import type { Hold, Order } from '@ticketbuddy/contracts';
import type { Static } from 'typebox';
import { anEvent, announce, seatsOnceThere, type Ticket } from './test-sale.ts';
import { type Answer, get, send } from './test-send.ts';

/** What was answered, its body read. */
export type Read<B = Problem> = Pick<Answer, 'status' | 'headers'> & { readonly body: B };

export type Problem = { readonly code: string; readonly [member: string]: unknown };
export type OrderBody = Static<typeof Order>;
export type HoldBody = Static<typeof Hold>;

/** The box office of an event of its own, over HTTP as v2 has it. */
export type Office = Awaited<ReturnType<typeof openOffice>>;

/** An event of twenty seats at 25.00 with ids in order of their numbers, and how to ask for them. */
export async function openOffice(url: string) {
  const eventId = await announce(url, anEvent());
  const seats: readonly Ticket[] = await seatsOnceThere(url, eventId);
  const event = `/v2/events/${eventId}`;
  return {
    eventId,
    seatId: (number: number) => seats[number - 1]?.Id ?? '',
    hold: (userId: string, numbers: readonly number[], key?: string) =>
      ask<HoldBody>(url, 'POST', `${event}/holds`, { body: { userId, seats: numbers }, key }),
    look: (holdId: string) => ask<HoldBody>(url, 'GET', `${event}/holds/${holdId}`),
    extend: (holdId: string, key?: string) => ask<HoldBody>(url, 'POST', `${event}/holds/${holdId}/extend`, { key }),
    release: (holdId: string) => ask<unknown>(url, 'DELETE', `${event}/holds/${holdId}`),
    releaseByPost: (holdId: string) => ask<unknown>(url, 'POST', `${event}/holds/${holdId}/release`),
    buy: (userId: string, wanted: { holdId: string } | { seats: readonly number[] }, key?: string) =>
      ask<OrderBody>(url, 'POST', `${event}/purchases`, { body: { userId, ...wanted }, key }),
  };
}

type Asked = { readonly body?: object; readonly key?: string | undefined };

export async function ask<B>(url: string, method: string, path: string, asked: Asked = {}): Promise<Read<B & Problem>> {
  const { body, key } = asked;
  const answer = await send(url, {
    method,
    path,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body: body && JSON.stringify(body),
  });
  return { ...answer, body: answer.body === '' ? undefined : JSON.parse(answer.body) };
}

export async function publishedKeys(url: string) {
  return JSON.parse((await get(url, '/.well-known/ticket-keys')).body).keys;
}
