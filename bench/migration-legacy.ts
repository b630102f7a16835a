import { setTimeout as sleep } from 'node:timers/promises';
import { progress } from '@ticketbuddy/backfill';
import { hundredths, interleave } from './contest.ts';
import { legacyChange, legacyRead, startAsker } from './migration-asker.ts';
import { place, startCopying } from './migration-copy.ts';
import { latencies, type Migration, type Sides } from './migration-sides.ts';
import { quantile } from './open-loop.ts';
import { median } from './report.ts';

const [readsPerSecond, changesPerSecond] = [200, 200];
const mostRatio = 1.1;
// As by `migrate throttle 2`: a query that takes longer than that makes the copy give way.
const probeMsMax = 2;
// In two seconds the 99th percentile would be the fourth of all.
const secondsMin = 8;

/** What the legacy's clients wait while its table is copied with a throttle, against before. */
export async function benchLegacy({ effort, report, sides }: Migration): Promise<void> {
  const seconds = Math.max(effort.seconds, secondsMin);
  const copied = { throttled: [] as number[], unthrottled: [] as number[] };
  const turns = {
    before: () => p99(sides, seconds),
    // What as much time makes of itself.
    again: () => p99(sides, seconds),
    throttled: () => whileCopied(sides, seconds, { probeMsMax }, copied.throttled),
    unthrottled: () => whileCopied(sides, seconds, {}, copied.unthrottled),
  };
  const { before, again, throttled, unthrottled } = await interleave(effort.rounds, turns);
  report(latencies('legacy.p99', throttled, before, mostRatio));
  report(latencies('legacy.p99.unthrottled', unthrottled, before));
  report(latencies('legacy.p99.before', again, before));
  const [slow, fast] = [median(copied.throttled), median(copied.unthrottled)];
  report({ name: 'legacy.copied', unit: 'rows', value: slow, ceiling: fast, ratio: hundredths(slow / fast) });
}

async function whileCopied(
  sides: Sides,
  seconds: number,
  throttle: { readonly probeMsMax?: number },
  copied: number[],
): Promise<number> {
  const copying = await startCopying(sides, throttle);
  try {
    const ms = await p99(sides, seconds);
    copied.push((await progress(sides.target.pool, place)).reduce((sum, { rowsCopied }) => sum + rowsCopied, 0));
    return ms;
  } finally {
    await copying.stop();
  }
}

async function p99({ source: { url }, ids }: Sides, seconds: number): Promise<number> {
  const changing = startAsker({ url, ids, sql: legacyChange, perSecond: changesPerSecond });
  const reading = startAsker({ url, ids, sql: legacyRead, perSecond: readsPerSecond });
  await sleep((1 + seconds) * 1_000);
  await changing.stop();
  return quantile(await reading.stop(), 0.99);
}
