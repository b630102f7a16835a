import { randomUUID } from 'node:crypto';
import type { Shot } from './closed-loop.ts';
import type { Hold } from './selling-records.ts';
import { type Group, groupSize } from './selling-stock.ts';
import { bare, post } from './wire-connection.ts';

/** A buyer whom nobody has seen before wants four seats beside each other. */
export function holdShot({ eventId, first }: Group, count = groupSize): Shot<string> {
  const userId = randomUUID();
  let seats = `${first}`;
  for (let nth = 1; nth < count; nth++) seats += `,${first + nth}`;
  return { request: post(`/v2/events/${eventId}/holds`, `{"userId":"${userId}","seats":[${seats}]}`), about: userId };
}

/** Whoever holds seats buys them, with a key for the case that the answer is lost. */
export function purchaseShot(hold: Hold): Shot<Hold> {
  const { eventId, userId, holdId } = hold;
  const body = `{"userId":"${userId}","holdId":"${holdId}"}`;
  const key = `idempotency-key: "${randomUUID()}"\r\n`;
  return { request: post(`/v2/events/${eventId}/purchases`, body, key), about: hold };
}

export function releaseShot(hold: Hold): Shot<Hold> {
  return { request: bare('DELETE', `/v2/events/${hold.eventId}/holds/${hold.holdId}`), about: hold };
}
