import { randomUUID } from 'node:crypto';
import { eventSoldOutUrn } from '@ticketbuddy/contracts';
import { describe, expect, test } from 'vitest';
import { purchaseSeats } from './purchase-seats.ts';
import { reserveSeats } from './reserve-seats.ts';
import { aBoxOfficePerTest, aRequest, type House } from './test-box-office.ts';
import { at, idOf } from './test-builders.ts';

const openBoxOffice = aBoxOfficePerTest();

describe('an event is told to be sold out', () => {
  test('by the purchase of its last seat, once', async () => {
    const { deps, announce, told } = await openSale();
    const seats = await announce();
    await purchaseSeats(deps, [aRequest(idOf('ann'), ...allBut(1, seats))]);
    expect(await told()).toEqual([]);
    await purchaseSeats(deps, [aRequest(idOf('bob'), last(seats))]);
    expect(await told()).toMatchObject([
      {
        urn: eventSoldOutUrn,
        key: last(seats).eventId,
        version: 1,
        sent_at: at('12:00'),
        body: { eventId: last(seats).eventId },
      },
    ]);
    await purchaseSeats(deps, [aRequest(idOf('cem'), last(seats))]);
    expect(await told()).toHaveLength(1);
  });

  test('in whatever order its seats are sold', async () => {
    const { deps, announce, told } = await openSale();
    const [first, ...others] = await announce();
    for (const seat of others.toReversed()) await purchaseSeats(deps, [aRequest(idOf('ann'), seat)]);
    expect(await told()).toEqual([]);
    await purchaseSeats(deps, [aRequest(idOf('ann'), first)]);
    expect(await told()).toHaveLength(1);
  });

  test('as often as a batch sells out events', async () => {
    const { deps, announce, told } = await openSale();
    const houses = [await announce(), await announce({ id: randomUUID() }), await announce({ id: randomUUID() })];
    const [first, second, third] = houses as [House, House, House];
    await purchaseSeats(deps, [
      aRequest(idOf('ann'), ...first),
      aRequest(idOf('bob'), ...allBut(1, second)),
      aRequest(idOf('cem'), ...third),
    ]);
    expect((await told()).map(({ key }) => key).sort()).toEqual([first[0].eventId, third[0].eventId].sort());
  });

  test('in the trace of the purchase that took the last seat', async () => {
    const { deps, announce, told } = await openSale();
    const seats = await announce();
    const [early, late] = ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'late'];
    await purchaseSeats(deps, [
      { ...aRequest(idOf('ann'), ...allBut(1, seats)), traceparent: early },
      { ...aRequest(idOf('bob'), last(seats)), traceparent: late },
    ]);
    expect(await told()).toMatchObject([{ traceparent: late }]);
  });

  test('never because of holds, nor of purchases that are refused', async () => {
    const { deps, announce, told } = await openSale();
    const seats = await announce();
    await reserveSeats(deps, [aRequest(idOf('ann'), ...seats)]);
    await purchaseSeats(deps, [aRequest(idOf('bob'), ...seats)]);
    await purchaseSeats(deps, [{ eventId: seats[0].eventId, userId: idOf('ann'), seatIds: [] }]);
    expect(await told()).toEqual([]);
  });
});

test('the database does not let an event be sold out and have an unsold seat noted', async () => {
  const { pool, announce } = await openSale();
  await announce();
  const lie = pool.query('update tickets.sales set sold_out_at = now()');
  await expect(lie).rejects.toMatchObject({ constraint: 'sold_out_without_a_seat_left' });
});

async function openSale() {
  const boxOffice = await openBoxOffice();
  return {
    ...boxOffice,
    told: async () => (await boxOffice.pool.query('select * from tickets.outbox order by position')).rows,
  };
}

function allBut(count: number, seats: House): House {
  return seats.slice(0, -count) as unknown as House;
}

function last(seats: House) {
  return seats[seats.length - 1] ?? seats[0];
}
