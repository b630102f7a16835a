import { createPool } from '@ticketbuddy/postgres';
import { seededRandom } from '@ticketbuddy/testing';
import { createBareSales, sellBare } from './bare-sales.ts';
import { closedLoop, type Shot } from './closed-loop.ts';
import { compared, interleave } from './contest.ts';
import type { Hold } from './selling-records.ts';
import { holdShot, purchaseShot } from './selling-requests.ts';
import type { SellingShop } from './selling-shop.ts';
import { groupsOf, openStadium, shuffle, stadiumSeats } from './selling-stock.ts';
import { allAnswered, connections, type World } from './selling-world.ts';

const leastRatio = 1.5;

/** A whole stadium from the first hold to the last purchase, against the same row changes straight in SQL. */
export async function benchJourney(world: World): Promise<void> {
  const { effort, tell, report, shop, databases } = world;
  const pool = createPool({ url: shop.databaseUrl, connections: 32 });
  databases.usedBy(() => pool.end());
  await createBareSales(pool);
  const turns = { ceiling: () => sellBare(pool, effort.seconds), ours: () => sellStadium(shop) };
  const did = await interleave(effort.rounds, turns, (round) => tell('journey', round));
  report(compared({ name: 'journey', unit: 'seats/s', target: leastRatio }, did.ours, did.ceiling));
  await pool.query('drop schema bare cascade');
  await world.audit(shop);
}

/** Everybody who holds seats buys them, on the same connection. Answers how many seats are sold a second. */
async function sellStadium(shop: SellingShop): Promise<number> {
  const eventId = await openStadium(shop);
  const groups = groupsOf(eventId, stadiumSeats);
  shuffle(groups, seededRandom(1));
  const held: Hold[] = [];
  const next = (): Shot<string | Hold> | undefined => {
    const [hold, group] = [held.pop(), groups.at(-1)];
    if (hold) return purchaseShot(hold);
    groups.pop();
    return group && holdShot(group);
  };
  const done = await closedLoop<string | Hold>({
    urls: shop.urls,
    connections,
    seconds: Number.POSITIVE_INFINITY,
    next,
    answered({ about, status, body }) {
      if (typeof about === 'string' && status === 201) held.push(shop.records.held(about, body));
    },
  });
  for (const { about, body } of allAnswered(201, done.exchanges))
    if (typeof about !== 'string') shop.records.sold(about, body);
  return stadiumSeats / done.seconds;
}
