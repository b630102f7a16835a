import { randomUUID } from 'node:crypto';
import type { Message } from '@ticketbuddy/messaging';

/** Both the relay and what it is measured against hand over this many at once. */
export const batchSize = 500;
export const urn = 'urn:message:Bench:EventUpserted';

const keys = Array.from({ length: 1_000 }, () => randomUUID());

/** Messages as the events context sends them, about a thousand events in turn. */
export function newMessages(count: number): Message[] {
  const sentAt = Temporal.Now.instant();
  return Array.from({ length: count }, (_, nth) => {
    const key = keys[nth % keys.length] as string;
    const body = {
      id: key,
      eventName: 'The Northern Lights',
      startDate: '2030-12-03T19:00:00+00:00',
      endDate: '2030-12-03T22:00:00+00:00',
      venue: 0,
      price: '42.50',
    };
    return { id: randomUUID(), urn, key, version: nth + 1, sentAt, body };
  });
}

export function inBatches<T>(items: readonly T[]): (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / batchSize) }, (_, nth) =>
    items.slice(nth * batchSize, (nth + 1) * batchSize),
  );
}

/** How many of `count` things a second, when `work` does them all. */
export async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (count * 1000) / (performance.now() - started);
}
