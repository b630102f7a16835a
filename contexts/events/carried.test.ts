import { randomUUID } from 'node:crypto';
import { parseDecimal } from '@ticketbuddy/dotnet-json';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { FakeClock, testDatabase } from '@ticketbuddy/testing';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { announceEvent } from './announce-event.ts';
import { changeEvent } from './change-event.ts';
import type { Announcement } from './event.ts';
import { eventLookup } from './get-event.ts';
import { listEvents } from './list-events.ts';
import type { DB } from './tables.gen.ts';
import { eventJson } from './wire.ts';

const dates = '"StartDate":"2026-07-01T19:00:00+00:00","EndDate":"2026-07-01T22:00:00+00:00"';

describe('an event that breaks the rules', () => {
  it.each([
    ['has no price', { price_pence: null }, `${dates},"Venue":"O2ArenaLondon"`],
    ['has a price below zero', { price_pence: -250 }, `${dates},"Venue":"O2ArenaLondon","Price":-2.50`],
    [
      'has a price beyond what a number holds',
      { price_pence: '999999999999999999' },
      `${dates},"Venue":"O2ArenaLondon","Price":9999999999999999.99`,
    ],
    ['is at a venue that nobody knows', { venue: 4711 }, `${dates},"Venue":4711,"Price":25.00`],
    [
      'ends before it starts',
      { ends_at: '2026-07-01T18:00:00Z' },
      '"StartDate":"2026-07-01T19:00:00+00:00","EndDate":"2026-07-01T18:00:00+00:00","Venue":"O2ArenaLondon","Price":25.00',
    ],
  ])('since it %s is carried, marked, and answered as the legacy did', async (_what, broken, answered) => {
    const { deps, pool } = await anOffice();
    const id = await carry(pool, broken);
    expect(eventJson(await eventLookup(deps)(id))).toBe(`{"EventName":"Rock Night",${answered},"Id":"${id}"}`);
    expect(await marked(pool)).toEqual([id]);
  });

  it('is not made by anybody who does not say that it is carried over', async () => {
    const { pool } = await anOffice();
    await expect(carry(pool, { price_pence: -1, carried: false })).rejects.toThrow('sound_unless_carried');
    await expect(carry(pool, { price_pence: null, carried: false })).rejects.toThrow('sound_unless_carried');
  });

  it('loses its mark when it is changed to satisfy them, and is refused otherwise', async () => {
    const { deps, pool } = await anOffice();
    const id = await carry(pool, { price_pence: null });
    await expect(changeEvent(deps, id, { ...anEvent(), price: undefined })).rejects.toThrow('Price cannot be empty');
    expect(await marked(pool)).toEqual([id]);
    await changeEvent(deps, id, anEvent());
    expect(await marked(pool)).toEqual([]);
  });

  it('at a venue that nobody knows cannot be changed, since that would stay', async () => {
    const { deps, pool } = await anOffice();
    const id = await carry(pool, { venue: 4711 });
    await expect(changeEvent(deps, id, anEvent())).rejects.toThrow('Venue cannot be empty');
  });
});

describe('events that overlap', () => {
  it('are carried, all but the first one marked, also when they come in one statement', async () => {
    const { pool } = await anOffice();
    const ids = [randomUUID(), randomUUID(), randomUUID()];
    await pool.query(
      `insert into events.events (id, name, starts_at, ends_at, venue, price_pence, carried)
       select id, 'Rock Night', '2026-07-01T19:00Z', '2026-07-01T22:00Z', 5, 2500, true from unnest($1::uuid[]) as id`,
      [ids],
    );
    expect(await marked(pool)).toEqual(ids.slice(1).sort());
  });

  it('keep the venue from whoever wants it through the API, marked or not', async () => {
    const { deps, pool } = await anOffice();
    await carry(pool, { price_pence: null });
    await expect(announceEvent(deps, anEvent())).rejects.toThrow('Venue is not available');
  });

  it('are no longer marked once the legacy has moved one of them away', async () => {
    const { pool } = await anOffice();
    await carry(pool, {});
    const id = await carry(pool, {});
    expect(await marked(pool)).toEqual([id]);
    await pool.query(`update events.events set venue = 6, carried = true where id = $1`, [id]);
    expect(await marked(pool)).toEqual([]);
  });
});

it('an event at the end of time is listed as the legacy showed it', async () => {
  const { deps, pool } = await anOffice();
  await carry(pool, { starts_at: 'infinity', ends_at: 'infinity' });
  const [event, ...others] = await listEvents(deps);
  expect(others).toEqual([]);
  expect(event && eventJson(event)).toContain('"EndDate":"9999-12-31T23:59:59.9999999+00:00"');
});

it('an event without end takes its venue for ever', async () => {
  const { deps, pool } = await anOffice();
  await carry(pool, { ends_at: 'infinity' });
  await expect(announceEvent(deps, anEvent('2099-01-01'))).rejects.toThrow('Venue is not available');
});

async function carry(pool: pg.Pool, changes: Readonly<Record<string, unknown>>): Promise<string> {
  const row = {
    id: randomUUID(),
    name: 'Rock Night',
    starts_at: '2026-07-01T19:00:00Z',
    ends_at: '2026-07-01T22:00:00Z',
    venue: 0,
    price_pence: 2500,
    carried: true,
    ...changes,
  };
  const values = Object.keys(row).map((_, nth) => `$${nth + 1}`);
  await pool.query(`insert into events.events (${Object.keys(row)}) values (${values})`, Object.values(row));
  return row.id;
}

async function marked(pool: pg.Pool): Promise<string[]> {
  return (await pool.query('select id from events.events where carried')).rows.map(({ id }) => id).sort();
}

async function anOffice() {
  const { pool } = await testDatabase();
  return { pool, deps: { db: createDatabase<DB>(pool), clock: new FakeClock('2026-06-01T12:00:00Z') } };
}

function anEvent(date = '2026-07-01'): Announcement {
  const [startsAt, endsAt] = ['19:00:00Z', '22:00:00Z'].map((time) => Temporal.Instant.from(`${date}T${time}`));
  return { name: 'Rock Night', startsAt, endsAt, venue: 'O2ArenaLondon', price: parseDecimal('25') };
}
