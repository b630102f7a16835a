import { load, type Shot } from './load.ts';
import { type Running, residentMb, startCeiling, startShop } from './processes.ts';
import { type Effort, median, type Report } from './report.ts';
import { fillShop, secondsUntilSeatsAreListed } from './stock.ts';

const connections = 64;

/** The HTTP API against a bare Fastify server with the same validation and answers of the same size. */
export async function benchHttp(effort: Effort, report: Report): Promise<void> {
  const [ceiling, shop] = [await startCeiling(), await startShop()];
  try {
    report(memory(residentMb(shop.pid)));
    const stock = await fillShop(shop.url);
    report(await latency(shop));
    report(await throughput('http.get-event', 0.5, 200, stock.getEvent, { ceiling, shop, effort }));
    report(await throughput('http.reserve-one-seat', 0.15, 204, stock.reserve, { ceiling, shop, effort }));
  } finally {
    await Promise.all([ceiling.stop(), shop.stop()]);
  }
}

type Contest = { readonly ceiling: Running; readonly shop: Running; readonly effort: Effort };

async function throughput(name: string, target: number, status: number, next: () => Shot, contest: Contest) {
  const { ceiling, shop, effort } = contest;
  const turn = (url: string, seconds: number) => load({ url, connections, seconds, next, status });
  for (const { url } of [ceiling, shop]) await turn(url, 2);
  const rounds: { readonly least: number; readonly ours: number }[] = [];
  for (let round = 0; round < effort.rounds; round++) {
    rounds.push({ least: await turn(ceiling.url, effort.seconds), ours: await turn(shop.url, effort.seconds) });
  }
  const ratios = rounds.map(({ least, ours }) => ours / least);
  return {
    name,
    value: Math.round(median(rounds.map(({ ours }) => ours))),
    unit: 'requests/s',
    ceiling: Math.round(median(rounds.map(({ least }) => least))),
    ratio: hundredths(median(ratios)),
    ratioMin: hundredths(Math.min(...ratios)),
    ratioMax: hundredths(Math.max(...ratios)),
    rounds: effort.rounds,
    target,
  };
}

function memory(mb: number) {
  return {
    name: 'process.idle-memory',
    value: mb,
    unit: 'MB',
    ceiling: 150,
    ratio: hundredths(mb / 150),
    target: 1,
    atMost: true,
  };
}

async function latency(shop: Running) {
  const waits: number[] = [];
  for (let nth = 0; nth < 50; nth++) waits.push(await secondsUntilSeatsAreListed(shop.url, nth));
  const ms = Math.round(median(waits) * 1000);
  return {
    name: 'seats.listed-after-post',
    value: ms,
    unit: 'ms',
    ceiling: 100,
    ratio: hundredths(ms / 100),
    target: 1,
    atMost: true,
  };
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
