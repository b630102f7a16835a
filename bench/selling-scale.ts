import { seededRandom } from '@ticketbuddy/testing';
import { closedLoop, type Exchanged } from './closed-loop.ts';
import { compared, interleave } from './contest.ts';
import { holdShot } from './selling-requests.ts';
import { openShop, type SellingShop } from './selling-shop.ts';
import { type Group, groupsOf, openHouse, openStadium, shuffle, stadiumSeats } from './selling-stock.ts';
import { allAnswered, connections, inTurn, releaseAll, type World } from './selling-world.ts';

const leastRatio = 0.9;
const largeEvents = 10;
const smallSeats = 8_000;
// As many holds as the small house has room for, with some to spare.
const holdsAtOnce = 1_600;

/** Holds of four seats at 800,000 seats in 10 events, against 8,000 seats in one. */
export async function benchScale(world: World): Promise<void> {
  const { effort, processes, tell, report, databases } = world;
  tell(`scale: ${largeEvents} stadiums are opened`);
  const [large, small] = [
    await openShop(databases, 'large', { processes }),
    await openShop(databases, 'small', { processes }),
  ];
  const eventIds: string[] = [];
  for (let nth = 0; nth < largeEvents; nth++) eventIds.push(await openStadium(large));
  const largeGroups = eventIds.flatMap((id) => groupsOf(id, stadiumSeats));
  const smallGroups = groupsOf(await openHouse(small, smallSeats), smallSeats);
  const turns = {
    small: () => holdAndRelease(small, smallGroups, effort.seconds),
    large: () => holdAndRelease(large, largeGroups, effort.seconds),
  };
  const did = await interleave(effort.rounds, turns, (round) => tell('scale', round));
  report(compared({ name: 'scale', unit: 'requests/s', target: leastRatio }, did.large, did.small));
  for (const shop of [large, small]) {
    await world.audit(shop);
    await shop.stop();
  }
}

/**
 * Holds some of the groups, gives them back, and again, until the holding has taken so long: only that counts. Answers
 * how many holds a second.
 */
async function holdAndRelease(shop: SellingShop, groups: Group[], seconds: number): Promise<number> {
  const { urls, records } = shop;
  const random = seededRandom(1);
  let [held, took] = [0, 0];
  while (took < seconds) {
    shuffle(groups, random);
    const next = inTurn(groups.slice(0, holdsAtOnce).map((group) => holdShot(group)));
    const done: Exchanged<string> = await closedLoop({ urls, connections, seconds: 60, next });
    const holds = allAnswered(201, done.exchanges).map(({ about, body }) => records.held(about, body));
    held += holds.length;
    took += done.seconds;
    await releaseAll(shop, holds);
  }
  return held / took;
}
