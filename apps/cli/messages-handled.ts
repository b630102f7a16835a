import { setTimeout as pause } from 'node:timers/promises';
import type { Deps, Module } from '@ticketbuddy/runtime';
import type pg from 'pg';

const lookEveryMs = 10;
const looks = 1_000;

/**
 * Waits until every message that these modules have sent so far was published, and every one that they receive was
 * handled or parked; ten seconds at most, since what is then under way is not lost.
 */
export async function messagesHandled(pool: pg.Pool, modules: readonly Module[], deps: Deps<never>): Promise<void> {
  const queues = modules.flatMap((module) => module.consumers(deps)).map(({ name }) => name);
  const outboxes = modules.filter(({ publishes }) => publishes).map(({ name }) => `${name}.outbox`);
  const waiting = [
    'select from broker.messages where queue = any($1) and parked_at is null and sent_at <= $2',
    ...outboxes.map((outbox) => `select from ${outbox} where published_at is null and sent_at <= $2`),
  ];
  const question = `select ${waiting.map((rows) => `exists (${rows})`).join(' or ')} as waiting`;
  const now = deps.clock.now().toString();
  for (let look = 0; look < looks; look++) {
    const { rows } = await pool.query<{ waiting: boolean }>(question, [queues, now]);
    if (!rows[0]?.waiting) return;
    await pause(lookEveryMs);
  }
}
