import { seededRandom } from '@ticketbuddy/testing';
import { closedLoop, rateOf, type Shot } from './closed-loop.ts';
import { bounded, compared, interleave, tenths } from './contest.ts';
import { arrivals, openLoop, quantile } from './open-loop.ts';
import { median } from './report.ts';
import { holdShot } from './selling-requests.ts';
import { openShop, type SellingShop } from './selling-shop.ts';
import { Stock, shuffle } from './selling-stock.ts';
import {
  allAnswered,
  anyGroups,
  ceilingFor,
  connections,
  holdFor,
  mostPerSecond,
  type World,
} from './selling-world.ts';

const leastRatio = { fourSeats: 0.45, contended: 0.3, groupGain: 5 };
const latencyMsMax = 20;
// A buyer and a rival who wants some of the same seats, all within this many seats.
const span = 8;
// Buyers and rivals of so many spans come in an order of chance.
const spansAtOnce = 128;

/** Holds of four seats: as fast as they go, half of them refused, against one a transaction, and at half that speed. */
export async function benchReserve(world: World): Promise<void> {
  const rate = await benchThroughput(world);
  await world.audit(world.shop);
  if (!world.wants('reserve.latency')) return;
  await benchLatency(world, rate);
  await world.audit(world.shop);
}

/** Answers how many holds a second the shop grants. */
async function benchThroughput(world: World): Promise<number> {
  const { effort, wants, tell, report, ceiling, shop, stock } = world;
  const { rounds, seconds } = effort;
  const any = anyGroups();
  const spans = new Stock(shop, span);
  const single = wants('reserve.group-gain') ? await openSingle(world) : undefined;
  const turns = {
    ceiling: () => ceilingFor(seconds, ceiling, () => holdShot(any())),
    ours: () => holdFor(seconds, shop, stock),
    contended: () => (wants('reserve.contended') ? contendFor(seconds, shop, spans) : Promise.resolve(0)),
    single: () => (single ? holdFor(seconds, single.shop, single.stock) : Promise.resolve(0)),
  };
  const did = await interleave(rounds, turns, (round) =>
    tell('reserve.4seats, reserve.contended, reserve.group-gain', round),
  );
  const unit = 'requests/s';
  const figures = [
    compared({ name: 'reserve.4seats', unit, target: leastRatio.fourSeats }, did.ours, did.ceiling),
    compared({ name: 'reserve.contended', unit, target: leastRatio.contended }, did.contended, did.ceiling),
    compared({ name: 'reserve.group-gain', unit, target: leastRatio.groupGain }, did.ours, did.single),
  ];
  for (const figure of figures) if (wants(figure.name)) report(figure);
  if (single) await world.audit(single.shop);
  await single?.shop.stop();
  return median(did.ours);
}

// Nobody is refused because others wait, which with one request a transaction is soon the case.
const oneByOne = { SELLING_BATCH_MAX: '1', SELLING_WAIT_MS_MAX: '60000' };

async function openSingle({ databases }: World) {
  const shop = await openShop(databases, 'single', { settings: oneByOne });
  return { shop, stock: new Stock(shop) };
}

/** Every two requests want some seat in common, so that one of the two is refused. Answers how many are answered a second. */
async function contendFor(seconds: number, { urls, records }: SellingShop, spans: Stock): Promise<number> {
  await spans.atLeast((seconds * mostPerSecond) / 2);
  const done = await closedLoop({ urls, connections, seconds, next: rivals(spans) });
  for (const { about, status, body } of done.exchanges) {
    if (status === 201) records.held(about, body);
    else if (status !== 409) throw new Error(`a hold was answered ${status}: ${body}`);
  }
  return rateOf(done);
}

function rivals(spans: Stock): () => Shot<string> | undefined {
  const random = seededRandom(7);
  let shots: Shot<string>[] = [];
  return () => {
    if (shots.length === 0) {
      shots = Array.from({ length: spansAtOnce }, () => spans.next()).flatMap((group) => {
        if (!group) return [];
        const { eventId, first } = group;
        return [holdShot(group), holdShot({ eventId, first: first + random.below(span / 2) })];
      });
      shuffle(shots, random);
    }
    return shots.pop();
  };
}

/** At half of the rate that saturates the shop, in an open loop; the bare server beside it, at the same rate. */
async function benchLatency({ effort, tell, report, shop, stock, ceiling }: World, saturated: number): Promise<void> {
  const [ms, bareMs]: [number[], number[]] = [[], []];
  const any = anyGroups();
  for (let round = 0; round <= effort.rounds; round++) {
    tell(`reserve.latency at ${Math.round(saturated / 2)} requests/s`, round);
    const exchanges = await holdAtRate(shop, stock, saturated / 2, effort.seconds);
    const shots = Array.from({ length: Math.round((saturated / 2) * effort.seconds) }, () => holdShot(any()));
    const bare = allAnswered(
      201,
      await openLoop({ urls: [ceiling.url], shots, dueMs: arrivals(shots.length, saturated / 2) }),
    );
    if (round === 0) continue;
    ms.push(...exchanges.map((exchange) => exchange.ms));
    bareMs.push(...bare.map((exchange) => exchange.ms));
  }
  report(bounded('reserve.latency', tenths(quantile(ms, 0.99)), 'ms', latencyMsMax));
  const { target: _, ...bare } = bounded('reserve.latency.bare', tenths(quantile(bareMs, 0.99)), 'ms', latencyMsMax);
  report(bare);
}

async function holdAtRate({ urls, records }: SellingShop, stock: Stock, perSecond: number, seconds: number) {
  const count = Math.round(perSecond * seconds);
  await stock.atLeast(count);
  const shots = Array.from({ length: count }, () => stock.next() ?? [])
    .flat()
    .map((group) => holdShot(group));
  const exchanges = await openLoop({ urls, shots, dueMs: arrivals(shots.length, perSecond) });
  for (const { about, body } of allAnswered(201, exchanges)) records.held(about, body);
  return exchanges;
}
