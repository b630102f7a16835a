import { expect, it } from 'vitest';
import { testDatabase } from '../database.ts';
import { readRows } from './store.ts';
import { idOf } from './test-history.ts';
import { makeTables } from './test-shop.ts';

it('the rows of both systems come in one form', async () => {
  const { pool } = await testDatabase();
  await makeTables(pool);
  await pool.query(`insert into "Event"."Events" values
    ('${idOf(1)}', 'Rock Night', '2041-01-01T20:00:00.123456+02:00', '2041-01-01T22:00:00+02:00', 5, 25.50),
    ('${idOf(2)}', 'Jazz Night', '2041-01-02T20:00:00Z', 'infinity', 3, null),
    ('${idOf(3)}', 'Folk Night', '2041-01-03T20:00:00Z', '2041-01-03T20:00:00Z', 0, -5.25)`);
  await pool.query(`insert into events.events (id, name, starts_at, ends_at, venue, price_pence, carried)
    select "Id", "EventName", "StartDate", "EndDate", "Venue", "Price" * 100, true from "Event"."Events"`);
  const rows = await readRows(pool, 'legacy');
  expect(rows).toMatchObject([
    {
      name: 'Rock Night',
      startsAt: '2041-01-01T18:00:00.123456Z',
      endsAt: '2041-01-01T20:00:00.000000Z',
      pence: '2550',
    },
    { name: 'Jazz Night', endsAt: 'infinity', venue: 3, pence: null },
    { name: 'Folk Night', venue: 0, pence: '-525' },
  ]);
  expect(await readRows(pool, 'next')).toEqual(rows);
});
