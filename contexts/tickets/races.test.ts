import { randomUUID } from 'node:crypto';
import { groupCommit, isTransient } from '@ticketbuddy/postgres';
import type { Database } from '@ticketbuddy/postgres/database';
import type { TestDatabase } from '@ticketbuddy/testing';
import { describe, expect, test } from 'vitest';
import { purchaseSeats } from './purchase-seats.ts';
import { reserveSeats } from './reserve-seats.ts';
import { openSales } from './sales.ts';
import type { Outcome, Seat, Selection } from './seat.ts';
import type { DB } from './tables.gen.ts';
import { aBoxOfficePerTest, aRequest } from './test-box-office.ts';
import { idOf } from './test-builders.ts';

const openBoxOffice = aBoxOfficePerTest();

type Decide = (selections: readonly Selection[]) => Promise<readonly Outcome[]>;
type Ask = (selection: Selection) => Promise<Outcome | undefined>;

const acts = [
  { act: 'reserve', decide: reserveSeats, losersHear: 'seats_held' },
  { act: 'buy', decide: purchaseSeats, losersHear: 'seats_sold' },
];

const ways: { readonly way: string; readonly open: (decide: Decide) => Ask }[] = [
  { way: 'whose requests are decided together', open: (decide) => groupCommit(decide, { isLost: isTransient }) },
  {
    way: 'whose requests have a transaction each',
    open: (decide) => async (selection) => (await decide([selection]))[0],
  },
];

describe.each(acts)('when many want to $act one seat', ({ decide, losersHear }) => {
  test.each(ways)('of two hundred buyers $way exactly one gets it', async ({ open }) => {
    const { deps, pool, announce, seats } = await openBoxOffice();
    const [seat] = await announce();
    await connectAll(pool);
    const ask = open((selections) => decide(deps, selections));
    const buyers = Array.from({ length: 200 }, () => randomUUID());
    const answers = await Promise.all(buyers.map((buyer) => ask(aRequest(buyer, seat))));
    const winners = buyers.filter((_, nth) => hears(answers[nth]) === 'granted');
    expect(winners).toHaveLength(1);
    expect(userOf((await seats())[0])).toBe(winners[0]);
    expect(new Set(answers.map(hears))).toEqual(new Set(['granted', losersHear]));
  });

  test('of two buyers in one batch the first gets it', async () => {
    const { deps, announce, seats } = await openBoxOffice();
    const [seat] = await announce();
    const answers = await decide(deps, [aRequest(idOf('ann'), seat), aRequest(idOf('bob'), seat)]);
    expect(answers.map(hears)).toEqual(['granted', losersHear]);
    expect(userOf((await seats())[0])).toBe(idOf('ann'));
  });

  test('of buyers who want the same seats in opposite orders one gets all of them, and none waits for ever', async () => {
    const { deps, pool, announce } = await openBoxOffice();
    const { db, retries } = countingRetries(deps.db);
    await connectAll(pool);
    for (let round = 0; round < 15; round++) {
      const seats = await announce({ id: randomUUID() });
      const requests = Array.from({ length: 12 }, (_, nth) => aRequest(randomUUID(), ...turned(seats, nth)));
      const answers = await Promise.all(
        requests.map((request) => decide({ sales: openSales({ ...deps, db }) }, [request])),
      );
      expect(answers.flat().map(hears).sort()).toEqual(['granted', ...Array(11).fill(losersHear)]);
    }
    expect(retries()).toBe(0);
  });
});

test('overlapping reservations and purchases leave each buyer all of the seats or none', async () => {
  const { deps, announce, seats } = await openBoxOffice();
  const [one, two, three, four] = await announce();
  const requests = [aRequest(idOf('ann'), one, two, three), aRequest(idOf('bob'), four, three, two)] as const;
  const [[ann], [bob]] = await Promise.all([reserveSeats(deps, [requests[0]]), purchaseSeats(deps, [requests[1]])]);
  expect([hears(ann), hears(bob)].filter((answer) => answer === 'granted')).toHaveLength(1);
  const users = (await seats()).map(userOf).filter((user) => user !== undefined);
  expect(users).toEqual(Array(3).fill(hears(ann) === 'granted' ? idOf('ann') : idOf('bob')));
});

describe('a request that had to wait for the seat', () => {
  test('is judged by the time at which it gets it: a hold that ended meanwhile is over', async () => {
    const { deps, clock, pool, announce } = await openBoxOffice();
    const [seat, other] = await announce();
    await reserveSeats(deps, [aRequest(idOf('ann'), seat)]);
    const letGo = await lockAllSales(pool);
    const buying = purchaseSeats(deps, [aRequest(idOf('bob'), seat), aRequest(idOf('bob'), other)]);
    await somebodyWaits(pool);
    clock.advance({ minutes: 15 });
    await letGo();
    expect((await buying).map(hears)).toEqual(['granted', 'granted']);
  });

  test('gets fifteen minutes from then on', async () => {
    const { deps, clock, pool, announce } = await openBoxOffice();
    const [seat] = await announce();
    const letGo = await lockAllSales(pool);
    const reserving = reserveSeats(deps, [aRequest(idOf('ann'), seat)]);
    await somebodyWaits(pool);
    clock.advance({ minutes: 5 });
    await letGo();
    expect(await reserving).toMatchObject([{ seats: [{ heldUntil: clock.now().add({ minutes: 15 }) }] }]);
  });
});

function hears(outcome: Outcome | undefined): string {
  if (!outcome) return 'nothing';
  return 'refused' in outcome ? outcome.refused.code : 'granted';
}

function userOf(seat: Seat | undefined): string | undefined {
  if (seat?.state === 'held') return seat.holderId;
  return seat?.state === 'sold' ? seat.ownerId : undefined;
}

function turned(seats: readonly [Seat, ...Seat[]], nth: number): readonly [Seat, ...Seat[]] {
  return nth % 2 === 0 ? seats : (seats.toReversed() as [Seat, ...Seat[]]);
}

// So that the race is one of transactions: the first would be over before the second connection was open.
async function connectAll(pool: TestDatabase['pool']): Promise<void> {
  const clients = await Promise.all(Array.from({ length: 20 }, () => pool.connect()));
  for (const client of clients) client.release();
}

// A deadlock shows as a transaction that ran more than once.
function countingRetries(db: Database<DB>) {
  let [asked, ran] = [0, 0];
  const counting: Database<DB> = {
    ...db,
    transaction(work) {
      asked++;
      return db.transaction((tx) => {
        ran++;
        return work(tx);
      });
    },
  };
  return { db: counting, retries: () => ran - asked };
}

async function lockAllSales(pool: TestDatabase['pool']): Promise<() => Promise<void>> {
  const client = await pool.connect();
  await client.query('begin');
  await client.query('select from tickets.sales for update');
  return async () => {
    await client.query('commit');
    client.release();
  };
}

async function somebodyWaits(pool: TestDatabase['pool']): Promise<void> {
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await pool.query(waiting)).rowCount === 0);
}
