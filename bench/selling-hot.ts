import { seededRandom } from '@ticketbuddy/testing';
import { closedLoop, type Exchange, type Shot } from './closed-loop.ts';
import { hundredths, tenths } from './contest.ts';
import { arrivals, type FollowUp, openLoop, quantile } from './open-loop.ts';
import { type Figure, median } from './report.ts';
import type { Hold } from './selling-records.ts';
import { holdShot, purchaseShot } from './selling-requests.ts';
import type { SellingShop } from './selling-shop.ts';
import { type Group, openStadium, tidyUp } from './selling-stock.ts';
import { allAnswered, inTurn, type World } from './selling-world.ts';

const buyers = 5_000;
const hotSeats = 20;
const rushSeconds = 5;
const idleHolds = 200;
// Each round has seats of its own in the stadium.
const seatsOfRound = hotSeats + idleHolds;
const timesIdleMax = 3;

type Round = { readonly idleMs: number; readonly busyMs: number };

/**
 * 5,000 buyers who come within five seconds, each for one of the same 20 seats; who gets it buys it. The figure is how
 * long a loser waits for the refusal (p99), against what a hold takes on the idle server (p50). That exactly 20 seats
 * are sold is a matter of the invariants. Beside it the bare server, which is asked the same at the same times: what it
 * cannot keep either is the machine's.
 */
export async function benchHot(world: World): Promise<void> {
  const { effort, tell, report, shop, ceiling } = world;
  const eventId = await openStadium(shop);
  await tidyUp(shop);
  const [ours, bare]: [Round[], Round[]] = [[], []];
  for (let round = 0; round <= effort.rounds; round++) {
    tell('reserve.hot', round);
    const hot = { eventId, first: 1 + round * seatsOfRound };
    const bareRound = await askBare(ceiling.url, hot);
    const idleMs = quantile(await holdOneByOne(shop, hot), 0.5);
    const losers = await rush(shop, hot);
    if (round === 0) continue;
    bare.push(bareRound);
    ours.push({ idleMs, busyMs: quantile(losers, 0.99) });
  }
  report({ ...figureOf('reserve.hot', ours), target: timesIdleMax, atMost: true });
  report(figureOf('reserve.hot.bare', bare));
  await world.audit(shop);
}

function figureOf(name: string, rounds: readonly Round[]): Figure {
  const ratios = rounds.map(({ idleMs, busyMs }) => busyMs / idleMs);
  return {
    name,
    value: tenths(median(rounds.map(({ busyMs }) => busyMs))),
    unit: 'ms',
    ceiling: tenths(median(rounds.map(({ idleMs }) => idleMs))),
    ratio: hundredths(median(ratios)),
    ratioMin: hundredths(Math.min(...ratios)),
    ratioMax: hundredths(Math.max(...ratios)),
    rounds: rounds.length,
  };
}

async function askBare(url: string, hot: Group): Promise<Round> {
  const [urls, seconds] = [[url], Number.POSITIVE_INFINITY];
  const alone = await closedLoop({ urls, connections: 1, seconds, next: inTurn(idleShots(hot)) });
  const idleMs = quantile(
    allAnswered(201, alone.exchanges).map(({ ms }) => ms),
    0.5,
  );
  const rushed = await openLoop({ urls, shots: rushShots(hot), dueMs: arrivals(buyers, buyers / rushSeconds) });
  return {
    idleMs,
    busyMs: quantile(
      allAnswered(201, rushed).map(({ ms }) => ms),
      0.99,
    ),
  };
}

function idleShots({ eventId, first }: Group): Shot<string>[] {
  return Array.from({ length: idleHolds }, (_, nth) => holdShot({ eventId, first: first + hotSeats + nth }, 1));
}

function rushShots(hot: Group): Shot<string>[] {
  const random = seededRandom(1);
  return Array.from({ length: buyers }, () => holdShot({ ...hot, first: hot.first + random.below(hotSeats) }, 1));
}

/** One buyer at a time, each for a seat of its own behind the hot ones. Answers how long each waited, in ms. */
async function holdOneByOne({ urls, records }: SellingShop, hot: Group): Promise<number[]> {
  const seconds = Number.POSITIVE_INFINITY;
  const done = await closedLoop({ urls, connections: 1, seconds, next: inTurn(idleShots(hot)) });
  const granted = allAnswered(201, done.exchanges);
  for (const { about, body } of granted) records.held(about, body);
  return granted.map(({ ms }) => ms);
}

/** Answers how long each of the losers waited for the refusal, in ms. */
async function rush(shop: SellingShop, hot: Group): Promise<number[]> {
  const exchanges = await openLoop({
    urls: shop.urls,
    shots: rushShots(hot),
    dueMs: arrivals(buyers, buyers / rushSeconds),
    answered: ({ about, status, body }) =>
      status === 201 ? purchaseOf(shop, shop.records.held(about, body)) : undefined,
  });
  const sold = await soldSeats(shop, hot);
  if (sold !== hotSeats) shop.records.wrong(`${sold} of the ${hotSeats} hot seats were sold (${hot.eventId})`);
  return losersOf(exchanges).map(({ ms }) => ms);
}

function purchaseOf({ records }: SellingShop, hold: Hold): FollowUp {
  return {
    request: purchaseShot(hold).request,
    answered(status, body) {
      if (status !== 201) throw new Error(`a purchase was answered ${status}: ${body}`);
      records.sold(hold, body);
    },
  };
}

function losersOf(exchanges: readonly Exchange<string>[]): readonly Exchange<string>[] {
  const losers = exchanges.filter(({ status }) => status !== 201);
  allAnswered(409, losers);
  return losers;
}

async function soldSeats({ pool }: SellingShop, { eventId, first }: Group): Promise<number> {
  const { rows } = await pool.query(
    'select count(*) from tickets.seats where event_id = $1 and owner_id is not null and number between $2 and $3',
    [eventId, first, first + hotSeats - 1],
  );
  return rows[0].count;
}
