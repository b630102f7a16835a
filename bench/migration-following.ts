import { setTimeout as sleep } from 'node:timers/promises';
import { createPool } from '@ticketbuddy/postgres';
import { until } from '@ticketbuddy/testing';
import { bounded, tenths } from './contest.ts';
import { startCopying } from './migration-copy.ts';
import type { Migration, Sides } from './migration-sides.ts';
import { quantile } from './open-loop.ts';

const perSecond = 300;
const writers = 8;
const p99MsMax = 250;

/**
 * How long after the answer to a commit at the source its row is there in the target. Each commit writes a number into the
 * row's name; the target tells of each one when it has committed it. Both times are of this process.
 */
export async function benchFollowing({ effort, report, sides }: Migration): Promise<void> {
  const copying = await startCopying(sides);
  try {
    await copying.complete();
    const waitsMs: number[] = [];
    for (let round = 0; round <= effort.rounds; round++) {
      const measured = await oneRound(sides, round, effort.seconds * perSecond);
      if (round > 0) waitsMs.push(...measured);
    }
    report(bounded('follow.p99', tenths(quantile(waitsMs, 0.99)), 'ms', p99MsMax));
    const median = tenths(quantile(waitsMs, 0.5));
    report({ name: 'follow.p50', value: median, unit: 'ms', ceiling: p99MsMax, ratio: tenths(median / p99MsMax) });
  } finally {
    await copying.stop();
    await sides.target.pool.query('drop trigger if exists tell on events.events');
  }
}

async function oneRound(sides: Sides, round: number, commits: number): Promise<number[]> {
  const committed = new Map<string, number>();
  const seen = new Map<string, number>();
  const telling = await listen(sides, (marker) => seen.set(marker, performance.now()));
  await commitOnTime(sides, commits, (nth) => `marker ${round} ${nth}`, committed);
  await until('all are there', async () => seen.size >= commits, 60_000);
  await telling.end();
  return [...committed].map(([marker, at]) => Math.max(0, (seen.get(marker) ?? Number.NaN) - at));
}

async function listen({ target }: Sides, onMarker: (marker: string) => void) {
  await target.pool.query(`
    create or replace function public.tell() returns trigger language plpgsql as
      $$ begin perform pg_notify('marker', new.name); return null; end $$;
    create or replace trigger tell after insert or update on events.events
      for each row when (new.name like 'marker %') execute function public.tell()`);
  const pool = createPool({ url: target.url, connections: 1 });
  const client = await pool.connect();
  client.on('notification', ({ payload = '' }) => onMarker(payload));
  await client.query('listen marker');
  return {
    async end() {
      client.release(true);
      await pool.end();
    },
  };
}

async function commitOnTime(
  { source, ids }: Sides,
  commits: number,
  markerOf: (nth: number) => string,
  committed: Map<string, number>,
): Promise<void> {
  const started = performance.now();
  let next = 0;
  const write = async () => {
    for (let nth = next++; nth < commits; nth = next++) {
      await sleep(Math.max(0, started + (nth * 1_000) / perSecond - performance.now()));
      const marker = markerOf(nth);
      await source.pool.query('update "Event"."Events" set "EventName" = $2 where "Id" = $1', [
        ids[nth % ids.length],
        marker,
      ]);
      committed.set(marker, performance.now());
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
}
