import { seededRandom } from '@ticketbuddy/testing';
import { bestAvailable, layoutOf } from '@ticketbuddy/tickets';
import { bounded, hundredths } from './contest.ts';
import { quantile } from './open-loop.ts';
import type { World } from './selling-world.ts';

const stadium = 10;
const choices = 400;
const msMax = 5;

/** Choosing among 80,000 seats, and nothing else: the slowest of all fillings, p99. */
export async function benchBest({ tell, report }: World): Promise<void> {
  tell('best-available');
  const p99 = fillings().map((isFree) => quantile(timeChoices(isFree), 0.99));
  report(bounded('best-available', hundredths(Math.max(...p99)), 'ms', msMax));
}

type IsFree = (seat: number) => boolean;

/** Empty, half and nearly full by chance, every second seat taken, and all but a few. */
function fillings(): IsFree[] {
  const random = seededRandom(1);
  const { capacity } = layoutOf(stadium);
  const byChance = (free: number): IsFree => {
    const isFree = Uint8Array.from({ length: capacity + 1 }, () => (random.chance(free) ? 1 : 0));
    return (seat) => isFree[seat] === 1;
  };
  return [() => true, byChance(0.5), byChance(0.05), (seat) => seat % 2 === 0, byChance(0.0005)];
}

function timeChoices(isFree: IsFree): number[] {
  const layout = layoutOf(stadium);
  return Array.from({ length: choices }, (_, nth) => {
    const wish = { count: 1 + (nth % 6), adjacent: nth % 4 !== 3, accessible: nth % 10 === 9 };
    const started = performance.now();
    bestAvailable(layout, isFree, wish, { leaveNoSingle: true });
    return performance.now() - started;
  });
}
