import { randomUUID } from 'node:crypto';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { CrashingProcess } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { auditSeats } from './audit-seats.ts';
import { sale } from './buy-seats.ts';
import { holding } from './hold-seats.ts';
import { attemptOf } from './idempotency.ts';
import type { Decided } from './request.ts';
import { openSales } from './sales.ts';
import type { DB } from './tables.gen.ts';
import { aBoxOfficePerTest, type BoxOffice, type House } from './test-box-office.ts';
import { idOf } from './test-builders.ts';

const openBoxOffice = aBoxOfficePerTest();

// More than any way through a decision takes; the last ones find the process alive.
const stepsMax = 14;
const limits = { seatsPerBuyerMax: 100, holdMinutesMax: 30 };
const fatal = Array.from({ length: stepsMax }, (_, nth) => nth + 1).flatMap((atStep) =>
  (['before', 'after'] as const).flatMap((when) =>
    (['killed', 'cut off'] as const).map((how) => ({ atStep, when, how })),
  ),
);

// Each leads another way through a decision: from memory, with the last seat, and locked.
const ways = [
  { way: 'some seats', wanted: 2, overtaken: false },
  { way: 'all seats, so that the event is told to be sold out', wanted: 10, overtaken: false },
  { way: 'some seats after another process was faster', wanted: 2, overtaken: true },
];

test.each(ways)(
  'a purchase of $way, whose process dies at any step, is made once by the next attempt',
  async ({ wanted, overtaken }) => {
    let crashes = 0;
    for (const crash of fatal) {
      const boxOffice = await openBoxOffice();
      const house = await boxOffice.announce();
      const process = new CrashingProcess(boxOffice.pool, crash);
      const dying = openSales({ db: createDatabase<DB>(process.pool), clock: boxOffice.clock });
      if (overtaken) await overtake(boxOffice, dying, house);
      const buy = attempt(house, wanted);
      const heard = await dying.decide(buy()).catch(() => 'nothing');
      await process.end();
      if (process.hasCrashed) crashes += 1;
      const again = await boxOffice.deps.sales.decide(buy());
      await expectOneSale(boxOffice, wanted, [heard, again]);
    }
    expect(crashes).toBeGreaterThan(fatal.length / 4);
  },
  120_000,
);

test('one key in two processes at once makes one order, which both are told of', async () => {
  for (let round = 0; round < 20; round++) {
    const boxOffice = await openBoxOffice();
    const house = await boxOffice.announce();
    const buy = attempt(house, 2);
    const other = openSales(boxOffice.deps);
    const heard = await Promise.all([boxOffice.deps.sales, other].map((sales) => sales.decide(buy())));
    await expectOneSale(boxOffice, 2, heard);
  }
});

test('a hold that runs out while it is bought is either bought or over, and never both', async () => {
  const { deps, clock, announce } = await openBoxOffice();
  const [one] = await announce();
  const { eventId } = one;
  const held = await deps.sales.decide(holding({ eventId, userId: idOf('ann'), seats: [1, 2] }, limits));
  const holdId = 'kind' in held && held.seats[0]?.state === 'held' ? held.seats[0].holdId : '';
  clock.advance({ minutes: 15 });
  const outcomes = await deps.sales.decideAll([
    sale({ eventId, userId: idOf('ann'), wanted: { holdId } }),
    holding({ eventId, userId: idOf('bob'), seats: [1] }, limits),
  ]);
  expect(outcomes).toMatchObject([{ refused: { code: 'hold_over' } }, { kind: 'held' }]);
});

test('a clock that steps back neither gives a held seat away nor shortens a hold', async () => {
  const { deps, clock, announce, seats } = await openBoxOffice();
  const [one] = await announce();
  const { eventId } = one;
  await deps.sales.decide(holding({ eventId, userId: idOf('ann'), seats: [1] }, limits));
  const before = await seats();
  clock.advance({ minutes: -5 });
  const taken = await deps.sales.decide(holding({ eventId, userId: idOf('bob'), seats: [1] }, limits));
  expect(taken).toMatchObject({ refused: { code: 'seats_taken' } });
  expect(await seats()).toEqual(before);
});

test('ten thousand ids in one request cost one request', async () => {
  const { deps, announce } = await openBoxOffice();
  const [one] = await announce();
  const { eventId } = one;
  const seats = Array.from({ length: 10_000 }, (_, nth) => nth + 1);
  const outcomes = await deps.sales.decideAll([
    sale({ eventId, userId: idOf('ann'), wanted: { seats } }),
    sale({ eventId, userId: idOf('bob'), wanted: { seats: [1] } }),
  ]);
  expect(outcomes).toMatchObject([{ refused: { code: 'seats_unknown' } }, { kind: 'sold' }]);
});

function attempt([one]: House, count: number) {
  const { eventId } = one;
  const [key, userId, seats] = [randomUUID(), idOf('ann'), Array.from({ length: count }, (_, nth) => nth + 1)];
  return () => sale({ eventId, userId, wanted: { seats }, attempt: attemptOf('buy', userId, key, [eventId, seats]) });
}

// The process that dies has the house in memory as it was before another sold the last seat of all.
async function overtake({ deps }: BoxOffice, dying: { houses: { load(ids: string[]): Promise<void> } }, house: House) {
  const { eventId } = house[0];
  await dying.houses.load([eventId]).catch(() => undefined);
  await deps.sales.decide(holding({ eventId, userId: idOf('bob'), seats: [10] }, limits));
}

async function expectOneSale({ pool, deps }: BoxOffice, seats: number, heard: readonly (Decided | string)[]) {
  const { rows: orders } = await pool.query('select id from tickets.orders');
  expect(orders).toHaveLength(1);
  const { rows: sold } = await pool.query('select from tickets.seats where owner_id = $1', [idOf('ann')]);
  expect(sold).toHaveLength(seats);
  for (const one of heard.filter((answer) => typeof answer !== 'string')) expect(orderIdOf(one)).toBe(orders[0].id);
  expect((await auditSeats(deps)).findings).toEqual([]);
  const { rows: told } = await pool.query('select from tickets.outbox');
  expect(told).toHaveLength(seats === 10 ? 1 : 0);
}

function orderIdOf(decided: Decided): string | undefined {
  if ('told' in decided) return decided.told.orderId;
  return 'kind' in decided ? decided.order?.id : decided.refused.code;
}
