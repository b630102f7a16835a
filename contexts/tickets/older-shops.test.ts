import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { migrate } from '@ticketbuddy/postgres';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { type TestDatabase, testDatabase } from '@ticketbuddy/testing';
import { expect, onTestFinished, test } from 'vitest';
import { auditSeats } from './audit-seats.ts';
import { ticketsModule } from './module.ts';
import { seatsOfEvent, standingsOf } from './store-sales.ts';
import type { DB } from './tables.gen.ts';
import { idOf } from './test-builders.ts';

const eventId = 'e0e00000-0000-4000-8000-000000000001';
const beforeHoldsHadIds = '0005-idempotency.sql';

test('a shop that was made before holds had ids keeps its holds, its sales and its ledger', async () => {
  const { pool } = await testDatabase();
  await pool.query(`drop schema tickets cascade; delete from migrations.applied where schema = 'tickets'`);
  await migrate(pool, [await upTo(beforeHoldsHadIds)]);
  await sellAsThen(pool);
  await migrate(pool, [ticketsModule.migrations]);

  const db = createDatabase<DB>(pool);
  const seats = await seatsOfEvent(db, eventId);
  expect(seats).toMatchObject([
    { number: 1, state: 'held', holderId: idOf('ann'), heldUntil: at('12:25') },
    { number: 2, state: 'sold', ownerId: idOf('ann'), soldAt: at('12:11') },
    { number: 3, state: 'held', holderId: idOf('bob'), heldUntil: at('12:27') },
    { number: 4, state: 'open', pricePence: 2_000 },
  ]);
  expect(new Set(seats.flatMap((seat) => (seat.state === 'held' ? seat.holdId : []))).size).toBe(2);
  expect(await standingsOf(db.query, [eventId])).toEqual([{ eventId, version: 6, leaveNoSingle: true }]);
  expect((await pool.query('select unsold, sold_out_at from tickets.sales')).rows).toEqual([
    { unsold: 3, sold_out_at: null },
  ]);
  expect((await auditSeats({ db })).findings).toEqual([]);
});

/** The files of the schema until then. */
async function upTo(last: string) {
  const { schema, folder } = ticketsModule.migrations;
  const older = await mkdtemp(join(tmpdir(), 'ticketbuddy-older-'));
  onTestFinished(() => rm(older, { recursive: true }));
  const names = (await readdir(folder)).filter((name) => name <= last);
  await Promise.all(names.map((name) => copyFile(new URL(name, folder), join(older, name))));
  return { schema, folder: pathToFileURL(`${older}/`) };
}

// Seat 1 was held by bob, and by ann when that had run out; she bought seat 2, bob holds seat 3; seat 4 got a new price.
async function sellAsThen(pool: TestDatabase['pool']): Promise<void> {
  const [ann, bob] = [idOf('ann'), idOf('bob')];
  await pool.query(`
    insert into tickets.events (id, name, starts_at, ends_at, venue, capacity, price_pence, version, sent_at)
    values ('${eventId}', 'Show', now(), now(), 0, 10, 1000, 1, now());
    insert into tickets.seats (event_id, number, id, price_pence, holder_id, held_until, owner_id, sold_at) values
      ('${eventId}', 1, '${seatId(1)}', 1000, '${ann}', '${at('12:25')}', null, null),
      ('${eventId}', 2, '${seatId(2)}', 1000, null, null, '${ann}', '${at('12:11')}'),
      ('${eventId}', 3, '${seatId(3)}', 1000, '${bob}', '${at('12:27')}', null, null),
      ('${eventId}', 4, '${seatId(4)}', 2000, null, null, null, null);
    insert into tickets.ledger (event_id, kind, numbers, seat_ids, price_pence, user_id, held_until, at) values
      ('${eventId}', 'created', '{1,2,3,4}', '{${[1, 2, 3, 4].map(seatId)}}', 1000, null, null, '${at('11:00')}'),
      ('${eventId}', 'held', '{1}', null, null, '${bob}', '${at('12:05')}', '${at('11:50')}'),
      ('${eventId}', 'held', '{1,2}', null, null, '${ann}', '${at('12:25')}', '${at('12:10')}'),
      ('${eventId}', 'sold', '{2}', null, null, '${ann}', null, '${at('12:11')}'),
      ('${eventId}', 'held', '{3}', null, null, '${bob}', '${at('12:27')}', '${at('12:12')}'),
      ('${eventId}', 'priced', '{4}', null, 2000, null, null, '${at('12:13')}')`);
}

function at(time: string): Temporal.Instant {
  return Temporal.Instant.from(`2030-01-01T${time}Z`);
}

function seatId(number: number): string {
  return `5ea70000-0000-4000-8000-00000000000${number}`;
}
