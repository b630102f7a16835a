import { randomUUID } from 'node:crypto';
import { createEdgeTables, raiseFence } from '@ticketbuddy/cutover';
import { createPool } from '@ticketbuddy/postgres';
import { contest } from './contest.ts';
import { load, type Shot } from './load.ts';
import { startBareForward, startCeiling, startGateway } from './processes.ts';
import type { Effort, Report } from './report.ts';
import { startDatabases } from './selling-shop.ts';

const connections = 64;
const leastRatio = 0.85;
const eventId = 'e0e00000-0000-4000-8000-000000000001';

/** The gateway before the bare server, against the barest way to forward with the same client. */
export async function benchGateway(effort: Effort, report: Report): Promise<void> {
  const databases = await startDatabases();
  const url = await databases.create('owners');
  await ownEverything(url);
  const owner = await startCeiling();
  const bare = await startBareForward({ UPSTREAM: owner.url });
  const gateway = await startGateway({ LEGACY_URL: owner.url, NEXT_URL: owner.url, DATABASE_URL: url });
  try {
    const forwarded = (name: string, status: number, next: () => Shot) => {
      const turn = (edge: string) => () => load({ url: edge, connections, seconds: effort.seconds, next, status });
      const { rounds } = effort;
      const [ceiling, ours] = [turn(bare.url), turn(gateway.url)];
      return contest({ name, unit: 'requests/s', target: leastRatio, rounds, ceiling, ours });
    };
    report(await forwarded('gateway.read', 200, () => ({ method: 'GET', path: `/events/${eventId}` })));
    report(await forwarded('gateway.write', 204, aWrite));
  } finally {
    await Promise.all([gateway, bare, owner].map((running) => running.stop()));
    await databases.stop();
  }
}

function aWrite(): Shot {
  const body = JSON.stringify({ userId: randomUUID(), ticketIds: [randomUUID()] });
  return { method: 'POST', path: `/events/${eventId}/tickets/reserve`, body };
}

async function ownEverything(url: string): Promise<void> {
  const pool = createPool({ url, connections: 1 });
  await pool.query('create table public.owned (id int)');
  await createEdgeTables(pool);
  for (const unit of ['events', 'users', 'tickets']) {
    const plan = { unit, side: 'next', tables: ['public.owned'], appliers: [], needsEpoch: true } as const;
    await raiseFence(pool, plan, { owner: 'next', epoch: 1 });
  }
  await pool.end();
}
