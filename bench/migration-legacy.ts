import { setTimeout as sleep } from 'node:timers/promises';
import { interleave } from './contest.ts';
import { legacyChange, legacyRead, startAsker } from './migration-asker.ts';
import { startCopying } from './migration-copy.ts';
import { latencies, type Migration, type Sides } from './migration-sides.ts';
import { quantile } from './open-loop.ts';

const [readsPerSecond, changesPerSecond] = [200, 200];
const mostRatio = 1.1;
// As by `migrate throttle 2`: a query that takes longer than that makes the copy give way.
const probeMsMax = 2;

/** What the legacy's clients wait while its table is copied with a throttle, against before. */
export async function benchLegacy({ effort, report, sides }: Migration): Promise<void> {
  const turns = {
    before: () => p99(sides, effort.seconds),
    // What as much time makes of itself.
    again: () => p99(sides, effort.seconds),
    throttled: () => whileCopied(sides, effort.seconds, { probeMsMax }),
    unthrottled: () => whileCopied(sides, effort.seconds, {}),
  };
  const { before, again, throttled, unthrottled } = await interleave(effort.rounds, turns);
  report(latencies('legacy.p99', throttled, before, mostRatio));
  report(latencies('legacy.p99.unthrottled', unthrottled, before));
  report(latencies('legacy.p99.before', again, before));
}

async function whileCopied(sides: Sides, seconds: number, throttle: { readonly probeMsMax?: number }): Promise<number> {
  const copying = await startCopying(sides, throttle);
  try {
    return await p99(sides, seconds);
  } finally {
    await copying.stop();
  }
}

async function p99({ source: { url }, ids }: Sides, seconds: number): Promise<number> {
  const changing = startAsker({ url, ids, sql: legacyChange, perSecond: changesPerSecond });
  const reading = startAsker({ url, ids, sql: legacyRead, perSecond: readsPerSecond });
  await sleep(seconds * 1_000);
  await changing.stop();
  return quantile(await reading.stop(), 0.99);
}
