import { randomUUID } from 'node:crypto';
import { request as open } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { outgoing } from './test-buyers.ts';
import type { HoldBody, OrderBody } from './test-selling-v2.ts';
import { type Answer, type Outgoing, send } from './test-send.ts';

/** People on v2 who never give up: whatever happens to an attempt, they ask again with its key, until they know. */
export type PersistentBuyers = {
  /** What their purchases were answered, each once. */
  readonly bought: readonly OrderBody[];
  /** How often somebody was refused seats, how often an answer was lost, and how often somebody left before it came. */
  readonly counts: { refused: number; lost: number; left: number };
  /** Answers that should not have been given. */
  readonly strange: readonly string[];
  stop(): Promise<void>;
};

export type Market = {
  readonly eventId: string;
  /** Where the shop is by now, each process. */
  readonly urls: () => readonly string[];
  /** Everybody wants two seats beside each other, of so many. */
  readonly seats: number;
};

const backOffMs = 20;
const leavesOneIn = 5;

export function sendPersistentBuyers({ eventId, urls, seats }: Market, count: number): PersistentBuyers {
  const bought: OrderBody[] = [];
  const strange: string[] = [];
  const counts = { refused: 0, lost: 0, left: 0 };
  let stopped = false;
  const working = Promise.all(Array.from({ length: count }, goOnBuying));
  return {
    bought,
    strange,
    counts,
    async stop() {
      stopped = true;
      await working;
    },
  };

  async function goOnBuying(): Promise<void> {
    while (!stopped) {
      const userId = randomUUID();
      const first = 1 + Math.floor(Math.random() * (seats - 1));
      const hold = await ask('holds', { userId, seats: [first, first + 1] });
      if (hold?.status === 201) await buy(userId, JSON.parse(hold.body));
      else if (hold?.status === 409) counts.refused += 1;
      // Whether they hold anything is more than they can know.
      else if (hold?.status === 500) counts.lost += 1;
      else if (hold && hold.status !== 503) strange.push(`a hold was answered ${hold.status}: ${hold.body}`);
    }
  }

  // What is held is theirs: nothing but an order is the end of it.
  async function buy(userId: string, { holdId }: HoldBody): Promise<void> {
    const key = `"${randomUUID()}"`;
    for (;;) {
      const answer = await ask('purchases', { userId, holdId }, key);
      if (answer?.status === 201) return void bought.push(JSON.parse(answer.body));
      const passes = !answer || answer.status === 503 || answer.body.includes('attempt_running');
      if (!passes) return void strange.push(`the purchase of a hold was answered ${answer.status}: ${answer.body}`);
      await pause(backOffMs);
    }
  }

  /** `undefined` when there was no answer. */
  async function ask(what: string, body: object, key?: string): Promise<Answer | undefined> {
    const url = urls()[Math.floor(Math.random() * urls().length)] ?? '';
    const { headers, ...rest } = outgoing('POST', `/v2/events/${eventId}/${what}`, body);
    const request = { ...rest, headers: { ...headers, ...(key !== undefined && { 'idempotency-key': key }) } };
    if (key !== undefined && Math.random() < 1 / leavesOneIn) {
      counts.left += 1;
      await sendAndLeave(url, request);
      return undefined;
    }
    return send(url, request).catch(() => {
      counts.lost += 1;
      return undefined;
    });
  }
}

/** Sends it, and is gone a moment later, most likely before the answer comes. */
function sendAndLeave(url: string, { method, path, headers, body = '' }: Outgoing): Promise<void> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const request = open({ hostname, port, method, path, headers: { ...headers } });
    request.on('error', () => undefined);
    request.on('close', resolve);
    request.end(body);
    setTimeout(() => request.destroy(), Math.random() * 8);
  });
}
