import { emptyTables } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { auditSeats } from './audit-seats.ts';
import { sale } from './buy-seats.ts';
import { extension } from './extend-hold.ts';
import { getHold } from './get-hold.ts';
import { release } from './release-hold.ts';
import { setSeatPolicy } from './store-sales.ts';
import { aBoxOfficePerTest } from './test-box-office.ts';
import { anEvent, idOf } from './test-builders.ts';
import { hold, holdIdOf, limits, processesOf, reasonOf, told } from './test-processes.ts';

const openBoxOffice = aBoxOfficePerTest();
const eventId = anEvent().id;
const [ann, bob, cem] = [idOf('ann'), idOf('bob'), idOf('cem')];

test('a process that another has overtaken judges again before it answers', async () => {
  const { one, other } = await twoProcesses();
  await one.decide(hold(ann, [1, 2]));
  expect(told(await other.decide(hold(bob, [3])))).toBe('held');
  expect(other.houses.get(eventId)?.version).toBe((one.houses.get(eventId)?.version ?? 0) + 1);
  expect(told(await one.decide(hold(cem, [3])))).toBe('seats_taken');
});

test('what is refused is refused as things are now, whatever another process has done to them', async () => {
  const { one, other } = await twoProcesses();
  const holdId = holdIdOf(await one.decide(hold(ann, [1])));
  await other.houses.current(eventId);
  await one.decide(release({ eventId, holdId }));
  expect(other.houses.get(eventId)?.get(1)?.state).toBe('held');
  expect(told(await other.decide(hold(bob, [1])))).toBe('held');
});

test('a seat that another process has sold is said to be sold, and no longer to be held', async () => {
  const { one, other } = await twoProcesses();
  const holdId = holdIdOf(await one.decide(hold(ann, [1])));
  await other.houses.current(eventId);
  await one.decide(sale({ eventId, userId: ann, wanted: { holdId } }));
  expect(reasonOf(await other.decide(hold(bob, [1])))).toMatchObject({ taken: [{ seat: 1, because: 'sold' }] });
  expect(told(await other.decide(extension({ eventId, holdId }, limits)))).toBe('hold_over');
});

test('a hold can be extended, bought and looked at in a process that did not make it', async () => {
  const { one, other, clock } = await twoProcesses();
  const holdId = holdIdOf(await one.decide(hold(ann, [1, 2])));
  clock.advance({ minutes: 10 });
  expect(told(await other.decide(extension({ eventId, holdId }, limits)))).toBe('extended');
  const { seats, heldUntil } = await getHold(one, eventId, holdId, clock.now());
  expect([seats, heldUntil.since(clock.now()).total('minutes')]).toEqual([[1, 2], 15]);
  expect(told(await one.decide(extension({ eventId, holdId }, limits)))).toBe('hold_extended');
  expect(told(await one.decide(sale({ eventId, userId: ann, wanted: { holdId } })))).toBe('sold');
  await expect(getHold(other, eventId, holdId, clock.now())).rejects.toMatchObject({ code: 'hold_unknown' });
});

test('a request is granted once, whichever processes it is sent to, and how often', async () => {
  const { one, other, seats } = await twoProcesses();
  const attempts = await Promise.all([one.decide(hold(ann, [1], 'once')), other.decide(hold(ann, [1], 'once'))]);
  const first = attempts.find((decided) => 'kind' in decided);
  const holdId = holdIdOf(first ?? { seats: [], told: {} });
  expect(attempts.map(told).sort()).toEqual(['held', `told again: ${holdId}`]);
  expect(told(await one.decide(hold(ann, [1], 'once')))).toBe(`told again: ${holdId}`);
  expect(told(await other.decide(hold(ann, [2], 'once')))).toBe('key_reused');
  expect((await seats()).map(({ state }) => state).filter((state) => state !== 'open')).toEqual(['held']);
});

test('a request whose attempt is still under way in the process is put off', async () => {
  const { one } = await twoProcesses();
  const first = one.decide(hold(ann, [1], 'once'));
  await expect(one.decide(hold(ann, [1], 'once'))).rejects.toMatchObject({ code: 'attempt_running' });
  expect(told(await first)).toBe('held');
});

test('an event that was made anew under the same id is sold as it is now', async () => {
  const { one, pool, announce, clock } = await twoProcesses();
  await one.decide(sale({ eventId, userId: ann, wanted: { seats: [1] } }));
  await pool.query('delete from tickets.outbox');
  await emptyTables(pool);
  clock.advance({ seconds: 1 });
  const anew = await announce({ venue: 1 });
  expect(told(await one.decide(hold(bob, [1, 11])))).toBe('held');
  expect(one.houses.get(eventId)?.seats.map(({ id }) => id)).toEqual(anew.map(({ id }) => id));
});

test('an event that is no more is unknown', async () => {
  const { one, other, pool } = await twoProcesses();
  await one.decide(hold(ann, [1]));
  await emptyTables(pool);
  expect(told(await one.decide(hold(bob, [2])))).toBe('event_unknown');
  expect(await other.houses.current(eventId)).toBeUndefined();
});

test('a process that learns of a sale has learnt of the policy that was set before it', async () => {
  const { one, other, deps } = await twoProcesses();
  await setSeatPolicy(deps.db.query, eventId, false);
  await one.decide(hold(ann, [1]));
  expect([one, other].map(({ houses }) => houses.get(eventId)?.leaveNoSingle)).toEqual([false, true]);
  expect((await other.houses.current(eventId))?.leaveNoSingle).toBe(false);
});

test('of a batch in which one request breaks a rule of the database only that one fails', async () => {
  const { one, pool, seats, deps } = await twoProcesses();
  await pool.query(`alter table tickets.orders add constraint planted check (user_id <> '${cem}')`);
  const buyers = [ann, bob, cem, idOf('dua'), idOf('eve')];
  const results = await Promise.allSettled(
    buyers.map((userId, nth) => one.decide(sale({ eventId, userId, wanted: { seats: [nth + 1] } }))),
  ).finally(() => pool.query('alter table tickets.orders drop constraint planted'));
  expect(results.map(({ status }) => status)).toEqual(buyers.map((id) => (id === cem ? 'rejected' : 'fulfilled')));
  expect((await seats()).map(({ state }) => state).slice(0, 6)).toEqual([
    ...buyers.map((id) => (id === cem ? 'open' : 'sold')),
    'open',
  ]);
  expect(one.houses.get(eventId)?.seats).toEqual(await seats());
  expect((await auditSeats(deps)).findings).toEqual([]);
});

/** Two processes that have sold something at the show before. */
async function twoProcesses() {
  const boxOffice = await openBoxOffice();
  await boxOffice.announce();
  const [one, other] = processesOf(boxOffice);
  for (const { houses } of [one, other]) await houses.current(eventId);
  return { ...boxOffice, one, other };
}
