import { demo } from '@ticketbuddy/contracts';
import { testDatabase } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { seed } from './seed.ts';
import { aContext, whoWaitsFor } from './test-cli.ts';

test('an empty shop gets events, users and sales, and is told how many of each', async () => {
  const context = aContext({ DATABASE_URL: (await testDatabase()).url });
  expect(await seed(context)).toBe(0);
  expect(context.out()).toBe('events   15 added\nusers    4 added\ntickets  13 added\n');
});

test('once the demo data is added, every event has its seats and no message waits', async () => {
  const { url, pool } = await testDatabase();
  await seed(aContext({ DATABASE_URL: url }));
  const { rows } = await pool.query(`
    select (select count(distinct event_id) from tickets.seats) as events,
      (select count(*) from events.outbox where published_at is null) as to_publish,
      (select count(*) from broker.messages) as to_handle`);
  expect(rows).toEqual([{ events: 15, to_publish: 0, to_handle: 0 }]);
});

test('adding the demo data a second time adds nothing', async () => {
  const { url } = await testDatabase();
  await seed(aContext({ DATABASE_URL: url }));
  const again = aContext({ DATABASE_URL: url });
  expect(await seed(again)).toBe(0);
  expect(again.out()).toBe('Everything was there already.\n');
});

test('of the demo data only what is missing is added', async () => {
  const { url, pool } = await testDatabase();
  await seed(aContext({ DATABASE_URL: url }));
  await pool.query('delete from users.users where id = $1', [demo.customerIds[1]]);
  const again = aContext({ DATABASE_URL: url });
  await seed(again);
  expect(again.out()).toBe('events   0 added\nusers    1 added\ntickets  0 added\n');
});

test('a user whom another process adds at the same moment is left to it', async () => {
  const { url, pool } = await testDatabase();
  const other = await pool.connect();
  await other.query('begin');
  await other.query(
    `insert into users.users (id, full_name, email, user_type) values ($1, 'Ada Admin', 'ada@elsewhere.example', 1)`,
    [demo.administratorId],
  );
  const context = aContext({ DATABASE_URL: url });
  const seeded = seed(context);
  await whoWaitsFor(other, pool);
  await other.query('commit');
  other.release();
  expect(await seeded).toBe(0);
  expect(context.out()).toContain('users    3 added');
});

test('only the contexts that MODULES names get demo data', async () => {
  const context = aContext({ DATABASE_URL: (await testDatabase()).url, MODULES: 'users' });
  await seed(context);
  expect(context.out()).toBe('users  4 added\n');
});

test('a database without tables gets them first', async () => {
  const { url, pool } = await testDatabase();
  await pool.query('drop schema events, users, tickets, broker, migrations cascade');
  const context = aContext({ DATABASE_URL: url });
  await seed(context);
  expect(context.out()).toContain('events   15 added');
});
