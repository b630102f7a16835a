import { endInCommit, testDatabase } from '@ticketbuddy/testing';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { createDatabase, type Transact } from './database.ts';
import { PostgresNotifications } from './notifications.ts';
import { brokenConstraint, CommitUnknown, isTransient } from './transient.ts';

it('times come back to the microsecond, and large numbers as they are', async () => {
  const { pool } = await testDatabase();
  const { rows } = await pool.query(`
    select '9999-12-31T23:59:59.999999Z'::timestamptz as late, '2031-01-02 19:00:00.123456+02'::timestamptz as early,
      9007199254740991::int8 as large`);
  expect(rows[0].late.toString()).toBe('9999-12-31T23:59:59.999999Z');
  expect(rows[0].early.toString()).toBe('2031-01-02T17:00:00.123456Z');
  expect(rows[0].large).toBe(9007199254740991);
});

it('a number that does not fit is refused, not rounded', async () => {
  const { pool } = await testDatabase();
  await expect(pool.query('select 9007199254740993::int8')).rejects.toThrow('does not fit');
});

it('a transaction that throws changes nothing', async () => {
  const { pool } = await testDatabase();
  const db = createDatabase<never>(pool);
  await pool.query('create table marks (n int)');
  const work = db.transaction(async (tx) => {
    await sql`insert into marks values (1)`.execute(tx);
    throw new Error('no');
  });
  await expect(work).rejects.toThrow('no');
  expect((await pool.query('select * from marks')).rows).toEqual([]);
});

it('a deadlock is tried again until both are through', async () => {
  const { pool } = await testDatabase();
  const db = createDatabase<never>(pool);
  await pool.query('create table marks (n int); insert into marks values (1), (2)');
  const bothHaveOne = barrier(2);
  const update = async (first: number, second: number) =>
    db.transaction(async (tx) => {
      await sql`update marks set n = n where n = ${first}`.execute(tx);
      await bothHaveOne();
      await sql`update marks set n = n where n = ${second}`.execute(tx);
    });
  await expect(Promise.all([update(1, 2), update(2, 1)])).resolves.toBeDefined();
});

it('whose commit got no answer, nobody knows whether it was carried out', async () => {
  const { pool } = await testDatabase();
  const db = createDatabase<never>(pool);
  await pool.query('create table marks (n int)');
  await endInCommit(pool, 'marks');
  const work = (tx: Transact<never>) => sql`insert into marks values (1)`.execute(tx);
  const lost = await db.transaction(work).catch((error: unknown) => error);
  expect([lost instanceof CommitUnknown, isTransient(lost)]).toEqual([true, true]);
  const before = await db
    .transaction(() => pool.query('select pg_terminate_backend(pg_backend_pid())'))
    .catch((error: unknown) => error);
  expect([before instanceof CommitUnknown, isTransient(before)]).toEqual([false, true]);
});

it('a server that is away is transient, a broken rule is not', async () => {
  const { pool } = await testDatabase();
  await pool.query('create table marks (n int constraint small check (n < 10))');
  const broken = await pool.query('insert into marks values (11)').catch((error: unknown) => error);
  const ended = await pool.query('select pg_terminate_backend(pg_backend_pid())').catch((error: unknown) => error);
  expect([isTransient(broken), brokenConstraint(broken)]).toEqual([false, 'small']);
  expect(isTransient(ended)).toBe(true);
});

it('a listener whose connection is cut listens again and is woken for what it missed', async () => {
  const { url, pool } = await testDatabase();
  const notifications = new PostgresNotifications(url);
  let woken = Promise.withResolvers<void>();
  notifications.listen('bell', () => woken.resolve());
  await notifications.start();
  await woken.promise;
  woken = Promise.withResolvers<void>();
  await pool.query(`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'ticketbuddy-listen' and datname = current_database()`);
  await woken.promise;
  woken = Promise.withResolvers<void>();
  await pool.query("select pg_notify('bell', '')");
  await woken.promise;
  await notifications.stop();
});

function barrier(size: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let waiting = 0;
  return () => {
    waiting += 1;
    if (waiting === size) resolve();
    return promise;
  };
}
