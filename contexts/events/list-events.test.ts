import { createDatabase } from '@ticketbuddy/postgres/database';
import { FakeClock, testDatabase } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, it } from 'vitest';
import { listEvents } from './list-events.ts';
import type { DB } from './tables.gen.ts';

const events = 1_200;

it('while events are moved, a list that is longer than a page has each of them once', async () => {
  const { deps, pool } = await aLongList();
  let isOver = false;
  const moving = (async () => {
    for (let nth = 0; !isOver; nth++) await moveTheFirst(pool, nth);
  })();
  const sizes = [];
  for (let list = 0; list < 20; list++) {
    const listed = await listEvents(deps);
    sizes.push([listed.length, new Set(listed.map(({ id }) => id)).size]);
  }
  isOver = true;
  await moving;
  expect(sizes).toEqual(sizes.map(() => [events, events]));
});

it('events at the end of time, of which nothing comes later, are listed once, on whichever page', async () => {
  const { deps, pool } = await aLongList();
  await pool.query(`update events.events set starts_at = 'infinity', ends_at = 'infinity', carried = true
    where id in (select id from events.events order by starts_at desc limit 800)`);
  const listed = await listEvents(deps);
  expect([listed.length, new Set(listed.map(({ id }) => id)).size]).toEqual([events, events]);
});

/** One for each day. */
async function aLongList() {
  const { pool } = await testDatabase();
  await pool.query(`insert into events.events (id, name, starts_at, ends_at, venue, price_pence)
    select gen_random_uuid(), 'Day ' || n, '2030-01-01 18:00Z'::timestamptz + n * interval '1 day',
      '2030-01-01 19:00Z'::timestamptz + n * interval '1 day', 0, 1000 from generate_series(1, ${events}) as n`);
  const deps = { db: createDatabase<DB>(pool), clock: new FakeClock('2026-01-01T00:00:00Z') };
  return { deps, pool };
}

/** To behind the last one. */
async function moveTheFirst(pool: pg.Pool, nth: number): Promise<void> {
  await pool.query(
    `update events.events set starts_at = '2040-01-01 18:00Z'::timestamptz + $1 * interval '1 day',
       ends_at = '2040-01-01 19:00Z'::timestamptz + $1 * interval '1 day'
     where id = (select id from events.events order by starts_at limit 1)`,
    [nth],
  );
}
