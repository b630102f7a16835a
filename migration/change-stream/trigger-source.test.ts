import { subscribe, testDatabase, until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { abandon, acceptSchema, prepare } from './prepare.ts';
import { createSlot, dropSlot } from './slot.ts';
import { aUnit, seats, sourceBy, take } from './test-source.ts';
import type { Unit } from './unit.ts';

// What capturing by triggers needs of a source, and what it must not do to it.
const aSource = sourceBy('triggers');

it('a table that a subscription fills is refused, since its rows pass by triggers of statements', async () => {
  const sql = 'create table "Seats" (id int primary key)';
  const { pool, unit } = await aTable(sql);
  await subscribe(pool, '"Seats"', sql);
  await prepare(pool, unit);
  await expect(createSlot(pool, unit)).rejects.toMatchObject({
    code: 'is_subscribed',
    message: expect.stringContaining('"public"."Seats" is filled by a subscription'),
  });
  expect(await capturedBy(pool)).toEqual([]);
});

it.each([
  [
    'a partition',
    'create table whole (id int primary key) partition by list (id); create table "Seats" partition of whole default',
  ],
  ['partitioned', 'create table "Seats" (id int primary key) partition by list (id)'],
  ['an heir', 'create table whole (id int); create table "Seats" (primary key (id)) inherits (whole)'],
  ['inherited', 'create table "Seats" (id int primary key); create table part () inherits ("Seats")'],
])('a table that is %s is refused, since it is written by the name of another one, too', async (_what, sql) => {
  const { pool, unit } = await aTable(sql);
  await prepare(pool, unit);
  await expect(createSlot(pool, unit)).rejects.toMatchObject({ code: 'is_partitioned' });
  expect(await capturedBy(pool)).toEqual([]);
});

it('the application writes on when a column that was there as capturing began is gone again', async () => {
  const { pool, unit, open } = await aSource();
  await dropSlot(pool, unit);
  await pool.query('alter table "Seats" add extra int');
  const from = await createSlot(pool, unit);
  await pool.query('alter table "Seats" drop extra');
  await pool.query(`insert into "Seats" values (1, 'A')`);
  expect((await take(await open({ from }))).changes[0]?.row).toEqual({ id: '1', name: 'A' });
});

it('a capture that cannot begin at one table captures nothing at the others', async () => {
  const { pool, unit } = await aTable(
    `create table "Seats" (id int primary key); create table rooms (id int primary key)`,
    [seats, { schema: 'public', name: 'rooms', key: ['id'] }],
  );
  await prepare(pool, unit);
  await pool.query(`create function nothing() returns trigger language plpgsql as 'begin return null; end';
    create constraint trigger tb_insert_${unit.name} after insert on rooms for each row execute function nothing()`);
  await expect(createSlot(pool, unit)).rejects.toThrow('is a constraint trigger');
  await pool.query('insert into "Seats" values (1)');
  expect(await capturedBy(pool)).not.toEqual([]);
  expect((await pool.query(`select from ticketbuddy_${unit.name}.changes`)).rowCount).toBe(0);
});

it('nobody waits when a source that is captured is prepared again, or accepted, while a transaction is open', async () => {
  const { pool, unit } = await aSource();
  const slow = await pool.connect();
  await slow.query(`begin; insert into "Seats" values (1, 'slow')`);
  await prepare(pool, unit);
  await acceptSchema(pool, unit);
  await slow.query('commit');
  slow.release();
});

it('a table that was renamed is let go a second at a time, and those who read it do not wait longer', async () => {
  const { pool, unit } = await aSource();
  await pool.query('alter table "Seats" rename to "Places"');
  const slow = await pool.connect();
  await slow.query('begin; select from "Places"');
  const leaving = abandon(pool, unit);
  const waiting = `select from pg_locks where not granted and relation = '"Places"'::regclass`;
  const isWaiting = async () => (await pool.query(waiting)).rowCount === 1;
  await until('it waits', isWaiting);
  await until('it waits no more', async () => !(await isWaiting()));
  expect((await pool.query('select from "Places"')).rowCount).toBe(0);
  await slow.query('commit');
  slow.release();
  await leaving;
  expect(await capturedBy(pool)).toEqual([]);
});

async function aTable(sql: string, tables = [seats]): Promise<{ readonly pool: pg.Pool; readonly unit: Unit }> {
  const { pool } = await testDatabase();
  await pool.query(sql);
  const unit = aUnit('triggers', tables);
  onTestFinished(() => abandon(pool, unit));
  return { pool, unit };
}

/** The triggers that there are of ours. */
async function capturedBy(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(`select tgname::text as name from pg_trigger
    where tgname ~ '^tb_' and tgconstraint = 0`);
  return rows.map(({ name }) => name);
}
