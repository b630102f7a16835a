import { refusal } from '@ticketbuddy/errors';
import { Redis } from 'ioredis';

const holdSeconds = 900;
const answerMsMax = 5_000;

/** A connection to the legacy's Redis. A command that is not answered for 5 s fails; the connection is made anew for ever. */
export function openRedis(url: string): Redis {
  const redis = new Redis(url, {
    commandTimeout: answerMsMax,
    maxRetriesPerRequest: null,
    enableReadyCheck: false,
    retryStrategy: (attempt: number) => Math.min(attempt * 50, 500),
  });
  redis.on('error', () => undefined);
  return redis;
}

export async function isHeld(redis: Redis, eventId: string, ticketId: string): Promise<boolean> {
  return (await redis.get(keyOf(eventId, ticketId))) !== null;
}

/** Throws when another user holds the seat. Nothing keeps anybody from holding it right after. */
export async function refuseHeldByOthers(
  redis: Redis,
  eventId: string,
  ticketId: string,
  userId: string,
): Promise<void> {
  const holder = await redis.get(keyOf(eventId, ticketId));
  if (holder !== null && holder !== userId) throw refusal('seats_held');
}

/** Holds the seat for 15 minutes from now, whoever holds it by now. */
export async function hold(redis: Redis, eventId: string, ticketId: string, userId: string): Promise<void> {
  const key = keyOf(eventId, ticketId);
  if ((await redis.get(key)) === userId) await redis.expire(key, holdSeconds);
  else await redis.setex(key, holdSeconds, userId);
}

function keyOf(eventId: string, ticketId: string): string {
  return `event:${eventId}:ticket:${ticketId}:reservation`;
}
