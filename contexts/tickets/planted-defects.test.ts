import { createDatabase } from '@ticketbuddy/postgres/database';
import { type TestDatabase, testDatabase } from '@ticketbuddy/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { purchaseWithoutLock, reserveWithoutLock } from './planted/decided-without-lock.ts';
import { priceChangeErasesSales } from './planted/price-change-erases-sales.ts';
import { reserveSeatBySeat } from './planted/reserve-seat-by-seat.ts';
import {
  holdsEndEarly,
  lastMessageWins,
  ledgerMissesSomething,
  oneSeatMissing,
  soldSeatsStayReserved,
} from './planted/smaller-defects.ts';
import type { DB } from './tables.gen.ts';
import { aBoxOfficePerTest, aRequest } from './test-box-office.ts';
import { anEvent, idOf } from './test-builders.ts';
import type { MakeSelling } from './test-day.ts';
import { sellingKeepsItsPromises } from './test-selling.ts';

const openBoxOffice = aBoxOfficePerTest();

// The same plans each time, and a counterexample is left as it is found: making it smaller takes seconds, on a busy
// machine a minute, and nobody reads it while the test passes. To read it, leave out `endOnFailure` and print it.
const samePlans = { seed: 1, numRuns: 100, endOnFailure: true };

describe('the property names the promise that a planted defect breaks', () => {
  test('D1: a price change erases the sales made meanwhile', async () => {
    expect(await counterexample(await databaseThatForgetsSales(), priceChangeErasesSales)).toContain(
      'a sold seat keeps its buyer and its price – broken',
    );
  });

  test('D2: two buyers own one seat', async () => {
    expect(await counterexample(await databaseThatForgetsSales(), purchaseWithoutLock)).toContain(
      'a seat has at most one owner – broken',
    );
  });

  test('D3: two users hold one seat', async () => {
    expect(await counterexample(await openBoxOffice(), reserveWithoutLock)).toContain(
      'a hold belongs to one user – broken',
    );
  });

  test('D4: a refused hold keeps the seats before the taken one', async () => {
    expect(await counterexample(await openBoxOffice(), reserveSeatBySeat)).toContain(
      'a refused request changes nothing – broken',
    );
  });

  test.each([
    {
      what: 'a hold ends before the time that its holder was told',
      defect: holdsEndEarly,
      promise: 'a reservation holds all of its seats until its end',
    },
    {
      what: 'an old message overwrites a new one',
      defect: lastMessageWins,
      promise: 'an unsold seat has the price of the newest version',
    },
    {
      what: 'the last seat of an event is not made',
      defect: oneSeatMissing,
      promise: 'an event has as many seats as its venue',
    },
    {
      what: 'the ledger does not hear of a later sale',
      defect: ledgerMissesSomething,
      promise: 'the ledger tells the same as the seats',
    },
    {
      what: 'D27: a sold seat is still called reserved',
      defect: soldSeatsStayReserved,
      promise: 'the answers are those of one request after the other',
    },
  ])('$what', async ({ defect, promise }) => {
    expect(await counterexample(await openBoxOffice(), defect)).toContain(`${promise} – broken`);
  });
});

describe('the database refuses by itself', () => {
  test('a price change that would erase a sale', async () => {
    const { deps, announce } = await openBoxOffice();
    const [seat] = await announce();
    const { purchase, applyEvent } = priceChangeErasesSales(deps);
    const [bought, changed] = await Promise.allSettled([
      purchase([aRequest(idOf('ann'), seat)]),
      applyEvent(anEvent({ version: 2, pricePence: 2_000 })),
    ]);
    expect(bought).toMatchObject({ value: [{ seats: [{ state: 'sold', ownerId: idOf('ann') }] }] });
    expect(changed).toMatchObject({ reason: { constraint: 'a_sold_seat_keeps_its_buyer_and_price' } });
  });

  test('a second buyer of a seat', async () => {
    const { deps, announce } = await openBoxOffice();
    const [seat] = await announce();
    const { purchase } = purchaseWithoutLock(deps);
    const answers = await Promise.allSettled([
      purchase([aRequest(idOf('ann'), seat)]),
      purchase([aRequest(idOf('bob'), seat)]),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { constraint: 'a_sold_seat_keeps_its_buyer_and_price' },
    });
  });
});

async function databaseThatForgetsSales(): Promise<TestDatabase> {
  const database = await testDatabase();
  await database.pool.query(`
    drop trigger a_sold_seat_keeps_its_buyer_and_price on tickets.seats;
    alter table tickets.sales
      drop constraint sales_unsold_check, drop constraint sold_out_without_a_seat_left`);
  return database;
}

async function counterexample({ pool }: Pick<TestDatabase, 'pool'>, makeSelling: MakeSelling): Promise<string> {
  const property = sellingKeepsItsPromises(createDatabase<DB>(pool), makeSelling);
  const { errorInstance } = await fc.check(property, samePlans);
  return String(errorInstance);
}
