import { setTimeout as pause } from 'node:timers/promises';
import { type BrokerAdmin, notReceived, outboxWaiting } from '@ticketbuddy/messaging';
import type { Deps, Module } from '@ticketbuddy/runtime';
import type pg from 'pg';

const lookEveryMs = 10;
const looks = 1_000;

export type Sent = {
  readonly pool: pg.Pool;
  readonly modules: readonly Module[];
  readonly deps: Deps<never>;
  readonly admin: BrokerAdmin;
  readonly since: Temporal.Instant;
};

/**
 * Waits until everything that these modules have sent so far was published, and what they have sent each other since
 * then was handled or parked; ten seconds at most, since what is then under way is not lost.
 */
export async function messagesHandled(sent: Sent): Promise<void> {
  const until = sent.deps.clock.now();
  for (let look = 0; look < looks; look++) {
    if (!(await isUnderWay(sent, until))) return;
    await pause(lookEveryMs);
  }
}

async function isUnderWay({ pool, modules, deps, admin, since }: Sent, until: Temporal.Instant): Promise<boolean> {
  const publishers = modules.filter(({ publishes }) => publishes).map(({ name }) => name);
  for (const name of publishers) if ((await outboxWaiting(pool, name, until)) > 0) return true;
  for (const { name: to, consumers } of modules) {
    for (const { name: queue, urns } of consumers(deps)) {
      const ways = publishers.map((from) => notReceived(pool, { from, to, urns, sentFrom: since }));
      const missing = (await Promise.all(ways)).flat();
      if (missing.length > 0 && !(await areParked(admin, queue, missing))) return true;
    }
  }
  return false;
}

async function areParked(admin: BrokerAdmin, queue: string, ids: readonly string[]): Promise<boolean> {
  const [depth] = await admin.depths([queue]);
  if (!depth || depth.parked < ids.length) return false;
  const parked = new Set((await admin.parked(queue)).map(({ id }) => id));
  return ids.every((id) => parked.has(id));
}
