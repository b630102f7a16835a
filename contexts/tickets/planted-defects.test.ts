import { createDatabase } from '@ticketbuddy/postgres';
import { type TestDatabase, testDatabase } from '@ticketbuddy/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { purchaseWithoutLock, reserveWithoutLock } from './planted/decided-without-lock.ts';
import { priceChangeErasesSales } from './planted/price-change-erases-sales.ts';
import { reserveSeatBySeat } from './planted/reserve-seat-by-seat.ts';
import {
  lastMessageWins,
  ledgerMissesSomething,
  oneSeatMissing,
  reserveFirstSeatOnly,
  soldSeatsStayReserved,
} from './planted/smaller-defects.ts';
import type { Seat, Selection } from './seat.ts';
import type { DB } from './tables.gen.ts';
import { type Buyer, idOf, openBoxOffice } from './test-box-office.ts';
import { anEvent } from './test-builders.ts';
import type { MakeSelling } from './test-day.ts';
import { sellingKeepsItsPromises } from './test-selling.ts';

// A plant breaks its promise in any order of things, so that a fixed choice of plans shows it every time.
const samePlans = { seed: 1, numRuns: 100 };

describe('the property names the promise that a planted defect breaks', () => {
  test('D1: a price change erases the sales made meanwhile', async () => {
    const database = await databaseThatForgetsSales();
    expect(await counterexample(database, priceChangeErasesSales)).toContain(
      'a sold seat keeps its buyer and its price',
    );
  });

  test('D2: two buyers own one seat', async () => {
    const database = await databaseThatForgetsSales();
    expect(await counterexample(database, purchaseWithoutLock)).toContain('a seat has at most one owner');
  });

  test('D3: two users hold one seat', async () => {
    expect(await counterexample(await testDatabase(), reserveWithoutLock)).toContain('a hold belongs to one user');
  });

  test('D4: a refused hold keeps the seats before the taken one', async () => {
    expect(await counterexample(await testDatabase(), reserveSeatBySeat)).toContain(
      'a refused request changes nothing',
    );
  });

  test.each([
    { defect: reserveFirstSeatOnly, promise: 'a reservation holds all of its seats until its end' },
    { defect: lastMessageWins, promise: 'an unsold seat has the price of the newest version' },
    { defect: oneSeatMissing, promise: 'an event has as many seats as its venue' },
    { defect: ledgerMissesSomething, promise: 'the ledger tells the same as the seats' },
    { defect: soldSeatsStayReserved, promise: 'the answers are those of one request after the other' },
  ])('$promise', async ({ defect, promise }) => {
    expect(await counterexample(await testDatabase(), defect)).toContain(promise);
  });
});

describe('the database refuses by itself', () => {
  test('a price change that would erase a sale', async () => {
    const { deps, announce } = await openBoxOffice();
    const [seat] = await announce();
    const { purchase, applyEvent } = priceChangeErasesSales(deps);
    const [bought, changed] = await Promise.allSettled([
      purchase([aPurchase('ann', seat)]),
      applyEvent(anEvent({ version: 2, pricePence: 2_000 })),
    ]);
    expect(bought).toMatchObject({ value: [{ seats: [{ state: 'sold', ownerId: idOf('ann') }] }] });
    expect(changed).toMatchObject({ reason: { constraint: 'a_sold_seat_keeps_its_buyer_and_price' } });
  });

  test('a second buyer of a seat', async () => {
    const { deps, announce } = await openBoxOffice();
    const [seat] = await announce();
    const { purchase } = purchaseWithoutLock(deps);
    const answers = await Promise.allSettled([purchase([aPurchase('ann', seat)]), purchase([aPurchase('bob', seat)])]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { constraint: 'a_sold_seat_keeps_its_buyer_and_price' },
    });
  });
});

function aPurchase(buyer: Buyer, seat: Seat | undefined): Selection {
  return { eventId: seat?.eventId ?? '', userId: idOf(buyer), seatIds: [seat?.id ?? ''] };
}

async function databaseThatForgetsSales(): Promise<TestDatabase> {
  const database = await testDatabase();
  await database.pool.query('drop trigger a_sold_seat_keeps_its_buyer_and_price on tickets.seats');
  return database;
}

async function counterexample({ pool }: TestDatabase, makeSelling: MakeSelling): Promise<string> {
  const db = createDatabase<DB>(pool);
  const details = await fc.check(sellingKeepsItsPromises(db, makeSelling), {
    ...samePlans,
    endOnFailure: !process.env.SHRINK,
  });
  console.log(details.numRuns, details.numShrinks, fc.stringify(details.counterexample), String(details.errorInstance));
  return String(details.errorInstance);
}
