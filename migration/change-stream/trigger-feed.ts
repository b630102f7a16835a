import { setTimeout as delay } from 'node:timers/promises';
import { createPool } from '@ticketbuddy/postgres';
import type pg from 'pg';
import type { Feed, FeedOptions } from './capturing.ts';
import { isPast, type Position } from './position.ts';
import { forgetChanges, givePositions, readChanges, type Seen } from './store-changes.ts';
import { lockReader, readReading } from './store-triggers.ts';
import { createBatcher } from './written-batches.ts';

const busyMs = 25;
const quietMsMax = 100;
const changesMax = 5_000;
const forgetEveryMs = 200;

/** The transactions that triggers have written down, looked for at intervals over a connection of its own. */
export function openTriggerFeed(options: FeedOptions): Feed {
  const closing = new AbortController();
  let durable = options.from;
  const ended = follow(options, () => durable, closing.signal);
  return {
    ended,
    acknowledge(position) {
      durable = position;
    },
    async close() {
      closing.abort();
      await ended.catch(() => undefined);
    },
  };
}

async function follow(options: FeedOptions, durable: () => Position, closing: AbortSignal): Promise<void> {
  const pool = createPool({ url: options.url, connections: 1 });
  try {
    const client = await pool.connect();
    try {
      await becomeReader(client, options);
      await readOn(client, options, durable, closing);
    } finally {
      client.release(true);
    }
  } finally {
    await pool.end();
  }
}

async function becomeReader(client: pg.PoolClient, { unit, from }: FeedOptions): Promise<void> {
  // What is handed out has to outlive a crash of the source, and so has the order in which it was.
  await client.query('set synchronous_commit = on');
  // As a slot says that somebody else reads it, or that it is of no use. Why, is found before the next try.
  if (!(await lockReader(client, unit))) throw refusal(`Somebody else reads the changes of ${unit.name}`, '55006');
  // Whoever ends the capture ends whoever holds the lock; before that it may have ended, and have begun anew.
  const { confirmed } = await readReading(client, unit);
  if (confirmed === null || isPast(confirmed, from)) throw refusal(`What came after ${from} is not kept`, '55000');
}

function refusal(text: string, code: string): Error {
  return Object.assign(new Error(text), { code });
}

async function readOn(
  client: pg.PoolClient,
  options: FeedOptions,
  durable: () => Position,
  closing: AbortSignal,
): Promise<void> {
  const { unit, from, hold, fail } = options;
  const toBatches = createBatcher(options);
  let [sent, forgotten, seen, idleMs, forgetAt] = [from, '0/0', null as Seen, busyMs, 0];
  for (let hasMore = true; !closing.aborted; ) {
    const now = await givePositions(client, unit, seen);
    if (now.isCutOff) throw refusal(`Changes of ${unit.name} were left out`, '55000');
    seen = now.seen;
    const changes = hasMore || now.given > 0 ? await readChanges(client, unit, sent, changesMax) : [];
    const { batches, failure } = toBatches(changes);
    for (const batch of batches) await hold(batch);
    if (failure) return fail(failure);
    hasMore = batches.length > 0;
    sent = batches.at(-1)?.position ?? sent;
    const upTo = durable();
    if (performance.now() >= forgetAt && isPast(upTo, forgotten) && !(await forgetChanges(client, unit, upTo))) {
      forgotten = upTo;
      forgetAt = performance.now() + forgetEveryMs;
    }
    idleMs = hasMore ? busyMs : Math.min(idleMs * 2, quietMsMax);
    await delay(idleMs, undefined, { signal: closing }).catch(() => undefined);
  }
}
