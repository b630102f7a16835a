import { seededRandom } from '@ticketbuddy/testing';
import { closedLoop, type Exchange } from './closed-loop.ts';
import { hundredths, tenths } from './contest.ts';
import { type FollowUp, openLoop, quantile } from './open-loop.ts';
import { median } from './report.ts';
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

/**
 * 5,000 buyers who come within five seconds, each for one of the same 20 seats; who gets it buys it. The figure is how
 * long a loser waits for the refusal (p99), against what a hold takes on the idle server (p50). That exactly 20 seats
 * are sold is a matter of the invariants.
 */
export async function benchHot(world: World): Promise<void> {
  const { effort, tell, report, shop } = world;
  const eventId = await openStadium(shop);
  await tidyUp(shop);
  const rounds: { readonly idleMs: number; readonly loserMs: number }[] = [];
  for (let round = 0; round <= effort.rounds; round++) {
    tell('reserve.hot', round);
    const hot = { eventId, first: 1 + round * seatsOfRound };
    const idleMs = quantile(await holdOneByOne(shop, hot), 0.5);
    const losers = await rush(shop, hot);
    if (round > 0) rounds.push({ idleMs, loserMs: quantile(losers, 0.99) });
  }
  const ratios = rounds.map(({ idleMs, loserMs }) => loserMs / idleMs);
  report({
    name: 'reserve.hot',
    value: tenths(median(rounds.map(({ loserMs }) => loserMs))),
    unit: 'ms',
    ceiling: tenths(median(rounds.map(({ idleMs }) => idleMs))),
    ratio: hundredths(median(ratios)),
    ratioMin: hundredths(Math.min(...ratios)),
    ratioMax: hundredths(Math.max(...ratios)),
    rounds: rounds.length,
    target: timesIdleMax,
    atMost: true,
  });
  await world.audit(shop);
}

/** One buyer at a time, each for a seat of its own behind the hot ones. Answers how long each waited, in ms. */
async function holdOneByOne({ urls, records }: SellingShop, { eventId, first }: Group): Promise<number[]> {
  const behind = first + hotSeats;
  const shots = Array.from({ length: idleHolds }, (_, nth) => holdShot({ eventId, first: behind + nth }, 1));
  const done = await closedLoop({ urls, connections: 1, seconds: Number.POSITIVE_INFINITY, next: inTurn(shots) });
  const granted = allAnswered(201, done.exchanges);
  for (const { about, body } of granted) records.held(about, body);
  return granted.map(({ ms }) => ms);
}

/** Answers how long each of the losers waited for the refusal, in ms. */
async function rush(shop: SellingShop, hot: Group): Promise<number[]> {
  const random = seededRandom(1);
  const shots = Array.from({ length: buyers }, () =>
    holdShot({ ...hot, first: hot.first + random.below(hotSeats) }, 1),
  );
  const exchanges = await openLoop({
    urls: shop.urls,
    perSecond: buyers / rushSeconds,
    shots,
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
