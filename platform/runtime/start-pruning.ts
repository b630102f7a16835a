import { type Loop, pruneInbox, pruneOutbox, repeat } from '@ticketbuddy/messaging';
import type pg from 'pg';
import type { Log } from './log.ts';
import type { Deps, Module } from './module.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const keepOutboxMs = 7 * dayMs;
const keepInboxMs = 30 * dayMs;

export function startPruning(modules: readonly Module[], deps: Deps<never>, pool: pg.Pool, log: Log): Loop {
  const publishing = modules.filter(({ publishes }) => publishes);
  const consuming = modules.filter((module) => module.consumers(deps).length > 0);
  const pass = async () => {
    let pruned = 0;
    for (const { name } of publishing) pruned += await pruneOutbox(pool, name, keepOutboxMs);
    for (const { name } of consuming) pruned += await pruneInbox(pool, name, keepInboxMs);
    return pruned;
  };
  return repeat(pass, {
    idleMs: hourMs,
    onError: (error) => log.warn({ err: error }, 'pruning failed and tries again'),
  });
}
