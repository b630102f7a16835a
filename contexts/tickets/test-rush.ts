import { randomUUID } from 'node:crypto';
import { Refusal } from '@ticketbuddy/errors';
import type { SeededRandom } from '@ticketbuddy/testing';
import { sale } from './buy-seats.ts';
import { extension } from './extend-hold.ts';
import { holding } from './hold-seats.ts';
import { attemptOf } from './idempotency.ts';
import { purchase } from './purchase-seats.ts';
import { release } from './release-hold.ts';
import type { Change, Decided, Request } from './request.ts';
import { reservation } from './reserve-seats.ts';
import type { Sales } from './sales.ts';
import type { Attempt } from './store-idempotency.ts';
import { limits } from './test-processes.ts';

/** What processes are asked for at random, and what came of it. */
export type Rush = {
  readonly random: SeededRandom;
  readonly eventIds: readonly [string, ...string[]];
  readonly holdIds: string[];
  readonly granted: Change[];
  /** Attempts whose answers were not the same. */
  readonly torn: string[];
};

export function aRush(random: SeededRandom, ...eventIds: [string, ...string[]]): Rush {
  return { random, eventIds, holdIds: [], granted: [], torn: [] };
}

const userIds = ['ann', 'bob', 'cem', 'dua', 'eve', 'fay'].map(() => randomUUID()) as [string, ...string[]];

/** Asks so many times at once. Every tenth request is made twice in the name of one attempt, to processes by chance. */
export async function askAtOnce(rush: Rush, processes: readonly [Sales, ...Sales[]], times: number): Promise<void> {
  const { random } = rush;
  const work = Array.from({ length: times }, async () => {
    if (!random.chance(0.1)) return void (await answer(rush, random.pick(processes), aRequest(rush)));
    const [copies, users] = [[random.pick(processes), random.pick(processes)], random.pick(userIds)];
    const [make, key] = [aRepeatable(rush, users), randomUUID()];
    const answers = await Promise.all(copies.map((process) => answer(rush, process, make(key))));
    const heard = new Set(answers.filter((text) => text !== 'attempt_running'));
    if (heard.size > 1) rush.torn.push([...heard].join(' but '));
  });
  await Promise.all(work);
}

async function answer({ granted, holdIds }: Rush, process: Sales, request: Request): Promise<string> {
  const decided = await process.decide(request).catch(attemptRunning);
  if ('kind' in decided) granted.push(decided);
  const { holdId, text } = heard(decided);
  if (holdId) holdIds.push(holdId);
  return text;
}

function heard(decided: Decided): { readonly text: string; readonly holdId?: string | undefined } {
  if ('refused' in decided) return { text: decided.refused.code };
  if ('told' in decided) return { text: decided.told.orderId ?? decided.told.holdId ?? 'granted' };
  const [first] = decided.seats;
  const holdId = first?.state === 'held' ? first.holdId : undefined;
  return { text: decided.order?.id ?? holdId ?? 'granted', holdId };
}

function aRequest(rush: Rush): Request {
  const { random, eventIds, holdIds } = rush;
  const [eventId, userId, seats] = [random.pick(eventIds), random.pick(userIds), someSeats(random)];
  const holdId = holdIds[random.below(holdIds.length)] ?? randomUUID();
  return random.pick<() => Request>([
    () => holding({ eventId, userId, seats }, limits),
    () => holding({ eventId, userId, seats }, limits),
    () => holding({ eventId, userId, seats }, limits),
    () => reservation({ eventId, userId, seatIds: seats }),
    () => extension({ eventId, holdId }, limits),
    () => release({ eventId, holdId }),
    () => release({ eventId, holdId }),
    () => sale({ eventId, userId, wanted: random.chance(0.7) ? { holdId } : { seats } }),
    () => purchase({ eventId, userId, seatIds: seats.slice(0, 1) }),
  ])();
}

function aRepeatable({ random, eventIds }: Rush, userId: string): (key: string) => Request {
  const [eventId, seats, isSale] = [random.pick(eventIds), someSeats(random), random.chance(0.3)];
  return (key) => {
    const attempt: Attempt = attemptOf('rush', userId, key, seats);
    if (isSale) return sale({ eventId, userId, attempt, wanted: { seats } });
    return holding({ eventId, userId, attempt, seats }, limits);
  };
}

function someSeats(random: SeededRandom): number[] {
  return [...new Set(Array.from({ length: 1 + random.below(3) }, () => 1 + random.below(20)))];
}

function attemptRunning(error: unknown): Decided {
  if (error instanceof Refusal && error.code === 'attempt_running') return { refused: error };
  throw error;
}
