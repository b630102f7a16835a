import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { auditSeats } from './audit-seats.ts';
import { purchaseSeats } from './purchase-seats.ts';
import { reserveSeats } from './reserve-seats.ts';
import { aBoxOfficePerTest, aRequest, type BoxOffice, type House, unguarded } from './test-box-office.ts';
import { anEvent, idOf } from './test-builders.ts';

const openBoxOffice = aBoxOfficePerTest();

test('after a busy day the ledger tells of every seat what the table says', async () => {
  const boxOffice = await openBoxOffice();
  await Promise.all([0, 1, 2].map((venue) => aBusyDay(boxOffice, randomUUID(), venue)));
  expect(await auditSeats(boxOffice.deps)).toEqual({ events: 3, seats: 10 + 11 + 12, findings: [], next: undefined });
});

test('an audit while seats are sold raises no false alarm', async () => {
  const boxOffice = await openBoxOffice();
  let sold = false;
  const selling = aBusyDay(boxOffice, randomUUID(), 0).finally(() => {
    sold = true;
  });
  while (!sold) expect((await auditSeats(boxOffice.deps)).findings).toEqual([]);
  await selling;
});

test('an audit of nothing finds nothing', async () => {
  const { deps } = await openBoxOffice();
  expect(await auditSeats(deps)).toEqual({ events: 0, seats: 0, findings: [], next: undefined });
});

describe('the audit names a seat', () => {
  test.each([
    { what: 'whose price was changed', tamper: 'update tickets.seats set price_pence = 1 where number = 3' },
    {
      what: 'that was given away',
      tamper: `update tickets.seats set owner_id = '${idOf('eve')}', sold_at = now() where number = 3`,
    },
    {
      what: 'whose id was changed',
      tamper: `update tickets.seats set id = '${randomUUID()}' where number = 3`,
    },
  ])('$what', async ({ tamper }) => {
    const { deps, pool, announce, seats } = await openBoxOffice();
    const [, held] = await announce();
    await reserveSeats(deps, [aRequest(idOf('ann'), held)]);
    const honest = (await seats())[2];
    await unguarded(pool, tamper);
    const tampered = (await seats())[2];
    expect(tampered).not.toEqual(honest);
    expect(await findings({ deps })).toEqual([{ eventId: anEvent().id, number: 3, table: tampered, ledger: honest }]);
  });

  test('that was deleted', async () => {
    const { deps, pool, announce } = await openBoxOffice();
    const [, , third] = await announce();
    await unguarded(pool, 'delete from tickets.seats where number = 3');
    expect(await findings({ deps })).toEqual([{ eventId: anEvent().id, number: 3, table: undefined, ledger: third }]);
  });

  test('that the ledger never heard of', async () => {
    const { deps, pool, announce, seats } = await openBoxOffice();
    await announce();
    await pool.query('update tickets.events set capacity = 11');
    await pool.query(
      'insert into tickets.seats (event_id, number, id, price_pence) select id, 11, gen_random_uuid(), 0 from tickets.events',
    );
    const forged = (await seats())[10];
    expect(await findings({ deps })).toEqual([{ eventId: anEvent().id, number: 11, table: forged, ledger: undefined }]);
  });
});

test('an audit of many events goes page by page and misses none', async () => {
  const { deps, pool, announce } = await openBoxOffice();
  const eventIds = Array.from({ length: 101 }, () => randomUUID()).sort();
  await Promise.all(eventIds.map((id) => announce({ id })));
  await unguarded(pool, `update tickets.seats set price_pence = 1 where event_id = '${eventIds[100]}' and number = 1`);
  const first = await auditSeats(deps);
  expect(first).toEqual({ events: 100, seats: 1_000, findings: [], next: eventIds[99] });
  const second = await auditSeats(deps, first.next);
  expect(second).toMatchObject({ events: 1, seats: 10, findings: [{ eventId: eventIds[100], number: 1 }] });
  expect(second.next).toBeUndefined();
});

async function findings({ deps }: Pick<BoxOffice, 'deps'>) {
  return (await auditSeats(deps)).findings;
}

/** Reservations, purchases, holds that run out and new prices, many at once. */
async function aBusyDay({ deps, clock, announce, seats }: BoxOffice, eventId: string, venue: number): Promise<void> {
  await announce({ id: eventId, venue });
  const buyers = (['ann', 'bob', 'cem', 'dua', 'eve'] as const).map(idOf);
  for (let hour = 1; hour <= 5; hour++) {
    const house = await seats(eventId);
    const [one, two, three] = [0, 1, 2].map((nth) => house[(hour * 3 + nth) % house.length]) as House;
    await Promise.all([
      reserveSeats(
        deps,
        buyers.map((buyer) => aRequest(buyer, one, two)),
      ),
      ...buyers.map((buyer) => purchaseSeats(deps, [aRequest(buyer, two, three)])),
      announce({ id: eventId, venue, version: hour + 1, pricePence: 1_000 + hour }),
    ]);
    clock.advance({ minutes: 10 });
  }
}
