import { randomUUID } from 'node:crypto';
import { seededRandom } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { applyEvent } from './apply-event.ts';
import { auditSeats } from './audit-seats.ts';
import type { Sales } from './sales.ts';
import { aBoxOfficePerTest, type BoxOffice } from './test-box-office.ts';
import { anEvent } from './test-builders.ts';
import { processesOf } from './test-processes.ts';
import { aRush, askAtOnce, type Rush } from './test-rush.ts';

const openBoxOffice = aBoxOfficePerTest();
const days = 8;
const rounds = 8;
const timesAtOnce = 50;
const roundhouse = 9;

test('however three processes sell the same events, no seat is sold twice, and all of them know how it is', async () => {
  const boxOffice = await openBoxOffice();
  const processes = processesOf(boxOffice);
  const seed = Math.floor(Math.random() * 2 ** 32);
  const random = seededRandom(seed);
  for (let day = 1; day <= days; day++) {
    const rush = aRush(random, randomUUID(), randomUUID());
    for (const id of rush.eventIds) await boxOffice.announce({ id, venue: roundhouse });
    for (let round = 1; round <= rounds; round++) {
      await Promise.all([askAtOnce(rush, processes, timesAtOnce), maybeReprice(boxOffice, rush, round)]);
      boxOffice.clock.advance({ minutes: random.pick([0, 1, 5, 16]) });
      for (const eventId of rush.eventIds) {
        expect(await disagreements(boxOffice, processes, eventId), `seed ${seed}, day ${day}, round ${round}`).toEqual(
          [],
        );
      }
    }
    expect(rush.torn).toEqual([]);
    for (const eventId of rush.eventIds) expect(soldBy(rush, eventId)).toEqual(await soldIn(boxOffice, eventId));
  }
  expect((await auditSeats(boxOffice.deps)).findings).toEqual([]);
});

async function maybeReprice({ deps: { db }, clock }: BoxOffice, { random, eventIds }: Rush, round: number) {
  if (!random.chance(0.3)) return;
  const [id, version] = [random.pick(eventIds), round + 1];
  const event = anEvent({ id, version, venue: roundhouse, pricePence: 1_000 + version });
  await db.transaction((tx) => applyEvent(tx, event, clock.now()));
}

/** What the processes, the table of seats, and that of sales say otherwise than one another. */
async function disagreements({ pool, seats }: BoxOffice, processes: readonly Sales[], eventId: string) {
  const table = await seats(eventId);
  const { rows } = await pool.query('select version, unsold from tickets.sales where event_id = $1', [eventId]);
  const houses = await Promise.all(processes.map(({ houses }) => houses.current(eventId)));
  const unsold = table.filter(({ state }) => state !== 'sold').length;
  return houses.flatMap((house, nth) => {
    const differ = table.filter((seat) => JSON.stringify(house?.get(seat.number)) !== JSON.stringify(seat));
    const says = { version: house?.version, unsold: house?.unsold };
    const isInOrder = says.version === Number(rows[0].version) && says.unsold === unsold && rows[0].unsold === unsold;
    return differ.length === 0 && isInOrder ? [] : [{ nth, differ, says, sales: rows[0], unsold }];
  });
}

/** Whose seats the answers say that they are, and under which order. */
function soldBy({ granted }: Rush, eventId: string): string[] {
  return granted
    .filter(({ kind }) => kind === 'sold')
    .flatMap(({ seats, order, userId }) => seats.map((seat) => ({ seat, order: order?.id, userId })))
    .filter(({ seat }) => seat.eventId === eventId)
    .map(({ seat, order, userId }) => `${seat.number} to ${userId} for ${seat.pricePence} under ${order}`)
    .sort();
}

/** The same, as the tables say it. */
async function soldIn({ pool }: BoxOffice, eventId: string): Promise<string[]> {
  const { rows } = await pool.query(
    `select s.number, s.owner_id, s.price_pence, o.id from tickets.seats as s
     left join tickets.orders as o on o.event_id = s.event_id and s.number = any(o.numbers) and o.user_id = s.owner_id
     where s.event_id = $1 and s.owner_id is not null`,
    [eventId],
  );
  return rows.map((row) => `${row.number} to ${row.owner_id} for ${row.price_pence} under ${row.id}`).sort();
}
