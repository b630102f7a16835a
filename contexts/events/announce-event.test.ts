import { randomUUID } from 'node:crypto';
import { parseDecimal } from '@ticketbuddy/dotnet-json';
import { Refusal } from '@ticketbuddy/errors';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { FakeClock, testDatabase, until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { announceEvent } from './announce-event.ts';
import { changeEvent } from './change-event.ts';
import type { Announcement } from './event.ts';
import { eventLookup } from './get-event.ts';
import { listEvents } from './list-events.ts';
import { claimVenue } from './store.ts';
import type { DB } from './tables.gen.ts';
import { eventJson, readAnnouncement } from './wire.ts';

describe('a venue', () => {
  it('that ten organisers want at once goes to one of them', async () => {
    const { deps } = await anOffice();
    const told = await Promise.allSettled(Array.from({ length: 10 }, () => announceEvent(deps, anEvent())));
    expect(told.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const reasons = told.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    expect(reasons.every((reason) => reason instanceof Refusal && reason.code === 'venue_unavailable')).toBe(true);
  });

  it.each([
    ['ends when the other starts', '17:00:00Z', '18:00:00Z', true],
    ['starts when the other ends', '20:00:00Z', '21:00:00Z', true],
    ['ends 100 ns after the other starts', '17:00:00Z', '18:00:00.0000001Z', false],
    ['starts 100 ns before the other ends', '19:59:59.9999999Z', '21:00:00Z', false],
    ['has no length and touches the start', '18:00:00Z', '18:00:00Z', false],
    ['has no length and touches the end', '20:00:00Z', '20:00:00Z', false],
    ['has no length and comes a microsecond after the end', '20:00:00.000001Z', '20:00:00.000001Z', true],
    ['goes around it', '17:00:00Z', '21:00:00Z', false],
    ['lies within it', '18:30:00Z', '19:00:00Z', false],
  ])('taken from 18:00 to 20:00 and an event that %s', async (_what, from, to, fits) => {
    const { deps } = await anOffice();
    await announceEvent(deps, anEvent({ from: '18:00:00Z', to: '20:00:00Z' }));
    const told = announceEvent(deps, anEvent({ from, to }));
    await (fits ? expect(told).resolves.toBeDefined() : expect(told).rejects.toThrow('Venue is not available'));
  });

  it.each([
    ['in the same hour', { from: '17:00:00Z', to: '19:00:00Z' }, true],
    ['for six weeks around it', { day: 1, from: '10:00:00Z', to: '11:00:00Z', days: 42 }, true],
    ['an hour earlier', { from: '16:00:00Z', to: '18:00:00Z' }, false],
    ['on another day', { day: 2 }, false],
  ])('that somebody is about to take and somebody else wants %s', async (_what, wanted, waits) => {
    const { deps, pool, clock } = await anOffice();
    const decided = Promise.withResolvers<void>();
    const taking = deps.db.transaction(async (tx) => {
      const { startsAt = clock.now(), endsAt = clock.now() } = anEvent();
      await claimVenue(tx, {
        id: randomUUID(),
        name: 'x',
        startsAt,
        endsAt,
        venue: 'O2ArenaLondon',
        pricePence: 0,
        version: 1,
      });
      await decided.promise;
    });
    await until('it is being taken', async () => (await venueLocks(pool)).length > 0);
    const other = announceEvent(deps, anEvent(wanted));
    if (waits) await until('the other one waits', async () => (await venueLocks(pool)).includes(false));
    else await other;
    decided.resolve();
    await Promise.all([taking, other]);
  });

  it('is also taken by an event that is running', async () => {
    const { deps, clock } = await anOffice();
    await announceEvent(deps, anEvent({ from: '18:00:00Z', to: '20:00:00Z' }));
    clock.advance({ hours: 30 * 24 + 7 });
    await expect(announceEvent(deps, anEvent({ from: '19:30:00Z', to: '21:00:00Z' }))).rejects.toThrow('Venue is not');
  });

  it('is guarded by the database itself', async () => {
    const { deps, pool } = await anOffice();
    const id = await announceEvent(deps, anEvent());
    const copy = pool.query(
      `insert into events.events (id, name, starts_at, ends_at, venue, price_pence)
       select gen_random_uuid(), name, starts_at, ends_at, venue, price_pence from events.events where id = $1`,
      [id],
    );
    await expect(copy).rejects.toThrow('one_event_at_a_time');
  });

  it.each([
    ['a negative price', 'price_pence = -1'],
    ['a price over a million', 'price_pence = 100000001'],
    ['an end before the start', "ends_at = starts_at - interval '1 microsecond'"],
    ['an unknown venue', 'venue = 11'],
    ['an empty name', "name = ''"],
  ])('of an event with %s is refused by the database itself', async (_what, change) => {
    const { deps, pool } = await anOffice();
    await announceEvent(deps, anEvent());
    await expect(pool.query(`update events.events set ${change}`)).rejects.toThrow('check constraint');
  });
});

it('twenty changes of one event at once are one after the other, each with its own message', async () => {
  const { deps, pool } = await anOffice();
  const id = await announceEvent(deps, anEvent());
  await Promise.all(Array.from({ length: 20 }, (_, nth) => changeEvent(deps, id, anEvent({ price: `${nth}` }))));
  const { rows } = await pool.query('select version, body from events.outbox order by position');
  expect(rows.map(({ version }) => version)).toEqual(Array.from({ length: 21 }, (_, nth) => nth + 1));
  const event = await eventLookup(deps)(id);
  expect(rows.at(-1)?.body.price).toBe(`${Number(event.pricePence) / 100}.00`);
});

it('a refused announcement leaves no event and no message', async () => {
  const { deps, pool } = await anOffice();
  await announceEvent(deps, anEvent());
  await expect(announceEvent(deps, anEvent())).rejects.toThrow(Refusal);
  expect((await pool.query('select from events.outbox')).rowCount).toBe(1);
});

it('requests for events that come together are answered each with its own event', async () => {
  const { deps } = await anOffice();
  const ids = [await announceEvent(deps, anEvent({ day: 1 })), await announceEvent(deps, anEvent({ day: 2 }))];
  const lookup = eventLookup(deps);
  const unknown = lookup('99999999-9999-4999-8999-999999999999');
  expect((await Promise.all(ids.map(lookup))).map(({ id }) => id)).toEqual(ids);
  await expect(unknown).rejects.toThrow('does not exist');
});

it('an event at the stadium, which the legacy does not have, is announced, shown and told by its number', async () => {
  const { deps, pool } = await anOffice();
  const announced = readAnnouncement(Buffer.from(eventAt('"StadiumOfTheNorth"')));
  const id = await announceEvent(deps, announced);
  expect(eventJson(await eventLookup(deps)(id))).toContain('"Venue":"StadiumOfTheNorth"');
  const { rows } = await pool.query('select body from events.outbox');
  expect(rows.map(({ body }) => body.venue)).toEqual([10]);
});

it('a client that names a venue by a number means one of the legacy', () => {
  expect(readAnnouncement(Buffer.from(eventAt('9'))).venue).toBe('RoundhouseLondon');
  expect(() => readAnnouncement(Buffer.from(eventAt('10')))).toThrow('The value is none of');
});

it('an event is listed until it starts, by start', async () => {
  const { deps, clock } = await anOffice();
  const later = await announceEvent(deps, anEvent({ day: 2 }));
  const sooner = await announceEvent(deps, anEvent({ day: 1 }));
  expect((await listEvents(deps)).map(({ id }) => id)).toEqual([sooner, later]);
  clock.advance({ hours: 30 * 24 + 7 });
  expect((await listEvents(deps)).map(({ id }) => id)).toEqual([later]);
});

function eventAt(venue: string): string {
  const dates = '"StartDate":"2026-07-01T19:00:00Z","EndDate":"2026-07-01T22:00:00Z"';
  return `{"EventName":"Rock Night",${dates},"Venue":${venue},"Price":25}`;
}

/** Of each, whether it is granted. */
async function venueLocks(pool: pg.Pool): Promise<boolean[]> {
  const { rows } = await pool.query(`select granted from pg_locks where locktype = 'advisory'
    and database = (select oid from pg_database where datname = current_database())`);
  return rows.map(({ granted }) => granted);
}

async function anOffice() {
  const { pool } = await testDatabase();
  const clock = new FakeClock('2026-06-01T12:00:00Z');
  return { pool, clock, deps: { db: createDatabase<DB>(pool), clock } };
}

function anEvent({ day = 1, from = '19:00:00Z', to = '22:00:00Z', price = '25', days = 0 } = {}): Announcement {
  const date = `2026-07-0${day}`;
  const startsAt = Temporal.Instant.from(`${date}T${from}`);
  const endsAt = Temporal.Instant.from(`${date}T${to}`).add({ hours: 24 * days });
  return { name: 'Rock Night', startsAt, endsAt, venue: 'O2ArenaLondon', price: parseDecimal(price) };
}
