import { contest } from './contest.ts';
import { load, type Shot } from './load.ts';
import { type Running, startCollector, startShop } from './processes.ts';
import type { Effort, Report } from './report.ts';
import { fillShop, type Stock } from './stock.ts';

const connections = 64;
const leastRatio = 0.85;

/** A shop that sends one trace in ten to a collector, and every sale's, against the same shop that sends none. */
export async function benchTracing(effort: Effort, report: Report): Promise<void> {
  const collector = await startCollector();
  const [silent, traced] = [
    await startShop(),
    await startShop({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: '0.1' }),
  ];
  try {
    const stocks = new Map<Running, Stock>([
      [silent, await fillShop(silent.url)],
      [traced, await fillShop(traced.url)],
    ]);
    const compare = (name: string, status: number, nextOf: (stock: Stock) => () => Shot, target?: number) => {
      const turn = (shop: Running) => () => {
        const next = nextOf(stocks.get(shop) as Stock);
        return load({ url: shop.url, connections, seconds: effort.seconds, next, status });
      };
      const { rounds } = effort;
      return contest({
        name,
        unit: 'requests/s',
        ...(target !== undefined && { target }),
        rounds,
        ceiling: turn(silent),
        ours: turn(traced),
      });
    };
    report(await compare('tracing.10percent', 200, ({ getEvent }) => getEvent, leastRatio));
    report(await compare('tracing.10percent.reserve-one-seat', 204, ({ reserve }) => reserve, leastRatio));
    // Each of these is recorded, not one in ten.
    for (const shop of [silent, traced]) await sellAll(shop.url, stocks.get(shop) as Stock);
    report(await compare('tracing.10percent.purchase-refused', 400, ({ purchase }) => purchase));
  } finally {
    await Promise.all([silent, traced, collector].map((running) => running.stop()));
  }
}

async function sellAll(url: string, { purchase, seats }: Stock): Promise<void> {
  const sellers = 50;
  const sell = async () => {
    for (let nth = 0; nth < seats / sellers; nth++) await sellOne(url, purchase());
  };
  await Promise.all(Array.from({ length: sellers }, sell));
}

async function sellOne(url: string, { path, body }: Shot): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: body ?? null });
  if (answer.status !== 204) throw new Error(`a seat could not be sold: ${await answer.text()}`);
}
