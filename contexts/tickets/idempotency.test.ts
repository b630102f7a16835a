import { createDatabase } from '@ticketbuddy/postgres/database';
import { expect, test } from 'vitest';
import { withAttempt } from './idempotency.ts';
import { purchaseSeats } from './purchase-seats.ts';
import { reserveSeats } from './reserve-seats.ts';
import type { Seat } from './seat.ts';
import { deleteIdempotencyRecords } from './store-idempotency.ts';
import type { DB } from './tables.gen.ts';
import { aBoxOfficePerTest, aRequest } from './test-box-office.ts';
import { type Buyer, idOf } from './test-builders.ts';

const openBoxOffice = aBoxOfficePerTest();

test('a purchase that is sent again under its key is granted again and sells nothing more', async () => {
  const { deps, announce, pool } = await openBoxOffice();
  const [seat] = await announce();
  const request = purchaseOf('ann', 'k', seat);
  const first = await purchaseSeats(deps, [request]);
  const again = await purchaseSeats(deps, [request]);
  expect([first, again]).toMatchObject([[{ seats: [{ state: 'sold' }] }], [{ seats: [] }]]);
  expect((await pool.query(`select from tickets.ledger where kind = 'sold'`)).rowCount).toBe(1);
});

test('without a key the buyer is told that the seat is sold', async () => {
  const { deps, announce } = await openBoxOffice();
  const [seat] = await announce();
  await purchaseSeats(deps, [aRequest(idOf('ann'), seat)]);
  expect(await purchaseSeats(deps, [aRequest(idOf('ann'), seat)])).toMatchObject([{ refused: { code: 'seats_sold' } }]);
});

test('a refusal is told again under its key, also when it would be granted by now', async () => {
  const { deps, clock, announce } = await openBoxOffice();
  const [seat] = await announce();
  await reserveSeats(deps, [aRequest(idOf('bob'), seat)]);
  const request = purchaseOf('ann', 'k', seat);
  const [first] = await purchaseSeats(deps, [request]);
  clock.advance({ hours: 1 });
  const [again] = await purchaseSeats(deps, [request]);
  expect([first, again]).toMatchObject(Array(2).fill({ refused: { code: 'seats_held', kind: 'rule' } }));
  expect((again as { refused: Error }).refused.message).toBe((first as { refused: Error }).refused.message);
});

test('a key that stood for another request is refused', async () => {
  const { deps, announce } = await openBoxOffice();
  const [seat, other] = await announce();
  await purchaseSeats(deps, [purchaseOf('ann', 'k', seat)]);
  const [outcome] = await purchaseSeats(deps, [purchaseOf('ann', 'k', other)]);
  expect(outcome).toMatchObject({ refused: { kind: 'key-reused' } });
});

test('a key belongs to one user and one use case', async () => {
  const { deps, announce } = await openBoxOffice();
  const [seat, other] = await announce();
  await purchaseSeats(deps, [purchaseOf('ann', 'k', seat)]);
  const hold = withAttempt(aRequest(idOf('ann'), other), 'reserve', 'k');
  expect(await reserveSeats(deps, [hold])).toMatchObject([{ seats: [{ state: 'held' }] }]);
  expect(await purchaseSeats(deps, [purchaseOf('bob', 'k', other)])).toMatchObject([
    { refused: { code: 'seats_held' } },
  ]);
});

test('of the same attempt twice in one batch one is decided and both are answered', async () => {
  const { deps, announce } = await openBoxOffice();
  const [seat] = await announce();
  const request = purchaseOf('ann', 'k', seat);
  expect(await purchaseSeats(deps, [request, request])).toMatchObject([{ seats: [{}] }, { seats: [] }]);
});

test('the same attempt in two processes at once sells once and is granted twice', async () => {
  const { deps, announce, pool } = await openBoxOffice();
  const seats = await announce();
  for (const [n, seat] of seats.entries()) {
    const request = purchaseOf('ann', `k${n}`, seat);
    const outcomes = await Promise.all([1, 2, 3].map(() => purchaseSeats(deps, [request])));
    expect(outcomes.flat().every((outcome) => 'seats' in outcome)).toBe(true);
  }
  expect((await pool.query(`select from tickets.ledger where kind = 'sold'`)).rowCount).toBe(seats.length);
});

test('an attempt whose transaction was undone is decided anew', async () => {
  const { deps, announce, pool } = await openBoxOffice();
  const [seat] = await announce();
  const request = purchaseOf('ann', 'k', seat);
  await pool.query('alter table tickets.ledger add constraint broken check (kind <> $$sold$$) not valid');
  await expect(purchaseSeats(deps, [request])).rejects.toThrow('broken');
  await pool.query('alter table tickets.ledger drop constraint broken');
  expect(await purchaseSeats(deps, [request])).toMatchObject([{ seats: [{ state: 'sold' }] }]);
});

test('a record is kept for its time and not longer', async () => {
  const { deps, clock, announce, pool } = await openBoxOffice();
  const [seat, other] = await announce();
  await purchaseSeats(deps, [purchaseOf('ann', 'old', seat)]);
  clock.advance({ hours: 24 });
  await purchaseSeats(deps, [purchaseOf('ann', 'new', other)]);
  const db = createDatabase<DB>(pool);
  expect(await deleteIdempotencyRecords(db, clock.now(), 10)).toBe(1);
  expect((await pool.query('select key from tickets.idempotency')).rows).toEqual([{ key: 'new' }]);
});

function purchaseOf(buyer: Buyer, key: string, seat: Seat) {
  return withAttempt(aRequest(idOf(buyer), seat), 'purchase', key);
}
