import { bounded, contest } from './contest.ts';
import { load, type Shot } from './load.ts';
import { type Running, residentMb, startCeiling, startShop } from './processes.ts';
import { type Effort, type Figure, median, type Report } from './report.ts';
import { fillShop, secondsUntilSeatsAreListed } from './stock.ts';

const connections = 64;

/** The HTTP API against a bare Fastify server with the same validation and answers of the same size. */
export async function benchHttp(effort: Effort, report: Report): Promise<void> {
  const [ceiling, shop] = [await startCeiling(), await startShop()];
  try {
    report(bounded('process.idle-memory', residentMb(shop.pid), 'MB', 150));
    const stock = await fillShop(shop.url);
    report(await latency(shop));
    const throughput = (name: string, target: number, status: number, next: () => Shot): Promise<Figure> => {
      const turn = (url: string) => load({ url, connections, seconds: effort.seconds, next, status });
      const [least, ours] = [() => turn(ceiling.url), () => turn(shop.url)];
      return contest({ name, unit: 'requests/s', target, rounds: effort.rounds, ceiling: least, ours });
    };
    report(await throughput('http.get-event', 0.5, 200, stock.getEvent));
    report(await throughput('http.reserve-one-seat', 0.15, 204, stock.reserve));
  } finally {
    await Promise.all([ceiling.stop(), shop.stop()]);
  }
}

async function latency(shop: Running): Promise<Figure> {
  const waits: number[] = [];
  for (let nth = 0; nth < 50; nth++) waits.push(await secondsUntilSeatsAreListed(shop.url, nth));
  return bounded('seats.listed-after-post', Math.round(median(waits) * 1000), 'ms', 100);
}
