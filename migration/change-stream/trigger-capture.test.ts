import { until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, it } from 'vitest';
import { abandon, acceptSchema, prepare, schemaNow } from './prepare.ts';
import { createSlot, dropSlot } from './slot.ts';
import { aUnit, capture, sourceBy, take, takeChanges } from './test-source.ts';
import { openTriggerFeed } from './trigger-feed.ts';

const aSource = sourceBy('triggers');

it('of two transactions that wrote the same row, the one that waited comes last, whichever began first', async () => {
  const { pool, open } = await aSource();
  await pool.query(`insert into "Seats" values (1, 'old'), (2, 'old')`);
  const [early, late] = [await pool.connect(), await pool.connect()];
  await early.query(`begin; update "Seats" set name = 'early' where id = 2`);
  await late.query(`begin; update "Seats" set name = 'late' where id = 1`);
  const waiting = early.query(`update "Seats" set name = 'early' where id = 1`);
  await late.query('commit');
  await waiting;
  await early.query('commit');
  release(early, late);
  const changes = await takeChanges(await open(), 3);
  expect(changes.slice(2).map(({ row }) => [row?.id, row?.name])).toEqual([
    ['1', 'late'],
    ['2', 'early'],
    ['1', 'early'],
  ]);
});

it('transactions that were open while later ones were read come after those, each with a position of its own', async () => {
  const { pool, open, start } = await aSource();
  const stream = await open();
  const slow = await Promise.all(Array.from({ length: 15 }, () => pool.connect()));
  for (const [id, client] of slow.entries()) await client.query(`begin; insert into "Seats" values (${id}, 'slow')`);
  await pool.query(`insert into "Seats" values (100, 'quick')`);
  const positions = [start, (await take(stream)).position];
  await Promise.all(slow.map((client) => client.query('commit')));
  release(...slow);
  for (const _ of slow) positions.push((await take(stream)).position);
  const { rows } = await pool.query(
    'select p from unnest($1::pg_lsn[]) with ordinality as t (p, nth) order by p, nth desc',
    [positions],
  );
  expect(rows.map(({ p }) => p)).toEqual(positions);
  expect(new Set(positions).size).toBe(positions.length);
});

it('a reader that is killed before anything is acknowledged leaves the positions as they were given', async () => {
  const { pool, open, start } = await aSource();
  const stream = await open();
  const slow = await pool.connect();
  await slow.query(`begin; insert into "Seats" values (1, 'slow')`);
  await pool.query(`insert into "Seats" values (2, 'quick')`);
  const quick = await stream.next(10_000);
  await slow.query('commit');
  release(slow);
  await until('both are there', async () => stream.waiting.length === 2);
  const given = stream.waiting.map(({ position }) => position);
  await pool.query(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objsubid = 1
    and database = (select oid from pg_database where datname = current_database())`);
  await until('both came again', async () => stream.waiting.length === 2 && stream.waiting[0] !== quick);
  expect(stream.waiting.map(({ position }) => position)).toEqual(given);
  await stream.close();
  const behind = await open({ from: quick?.position ?? start });
  expect([(await behind.next(10_000))?.position]).toEqual(given.slice(1));
});

it('a second reader gets nothing while the first one reads, and goes on when it has ended', async () => {
  const { pool, open } = await aSource();
  const first = await open();
  await pool.query(`insert into "Seats" values (1, 'A')`);
  await first.next(10_000);
  const refusals: unknown[] = [];
  const second = await open({ onInterruption: (error) => refusals.push(error) });
  await until('it was refused', async () => refusals.length > 0);
  expect([refusals[0], second.waiting]).toMatchObject([{ code: '55006' }, []]);
  await first.close();
  expect((await take(second)).changes[0]?.row).toEqual({ id: '1', name: 'A' });
});

it('a reader that was looked at before capturing ended and began anew does not read across the gap', async () => {
  const { pool, url, unit, start } = await aSource();
  await dropSlot(pool, unit);
  await pool.query(`insert into "Seats" values (1, 'lost')`);
  await createSlot(pool, unit);
  await pool.query(`insert into "Seats" values (2, 'kept')`);
  const held: unknown[] = [];
  const hold = async (batch: unknown) => void held.push(batch);
  const shapes = await schemaNow(pool, unit);
  const feed = openTriggerFeed({
    url,
    unit,
    shapes,
    from: start,
    skippedOrigin: undefined,
    hold,
    fail: () => undefined,
  });
  await expect(feed.ended).rejects.toMatchObject({ code: '55000' });
  expect(held).toEqual([]);
});

it('what is acknowledged is deleted', async () => {
  const { pool, open, unit } = await aSource();
  const stream = await open();
  for (let n = 0; n < 20; n++) await pool.query(`insert into "Seats" values (${n}, 'A')`);
  await takeChanges(stream, 20);
  await until('nothing is left', async () => {
    const left = `select from ticketbuddy_${unit.name}.changes union all select from ticketbuddy_${unit.name}.commits`;
    return (await pool.query(left)).rowCount === 0;
  });
});

it('a change of every key at once is what becomes of the keys', async () => {
  const { pool, open } = await aSource();
  await pool.query(`insert into "Seats" select i, 'seat ' || i from generate_series(1, 4) as i`);
  const stream = await open();
  await take(stream);
  await pool.query(`alter table "Seats" drop constraint "Seats_pkey"; update "Seats" set id = id + 1;
    alter table "Seats" add primary key (id)`);
  const { changes } = await take(stream);
  const told = changes.map(({ operation, oldKey, row }) => `${operation} ${oldKey?.id ?? ''} ${row?.name ?? ''}`);
  expect([told.at(0), told.slice(1, -1).sort(), told.at(-1)]).toEqual([
    'delete 1 ',
    ['update 2 seat 1', 'update 3 seat 2', 'update 4 seat 3'],
    'insert  seat 4',
  ]);
});

it.each([
  ['its own row', 'update "Seats" set name = new.name || \' by trigger\' where id = new.id'],
  ['another row of the same statement', `update "Seats" set name = 'by trigger' where id = 4 - new.id`],
  ['a row that it deletes', 'delete from "Seats" where id = new.id'],
])('a trigger of the application that writes %s leaves the last state last', async (_what, statement) => {
  const { pool, open } = await aSource();
  const stream = await open();
  await pool.query(`create function again() returns trigger language plpgsql as $$ begin
      if pg_trigger_depth() = 1 then ${statement}; end if; return null; end $$;
    create trigger again after insert on "Seats" for each row execute function again()`);
  await pool.query(`insert into "Seats" select i, 'seat' from generate_series(1, 3) as i`);
  const { changes } = await take(stream);
  const last = new Map(changes.map(({ row, oldKey }) => [row?.id ?? oldKey?.id, row?.name]));
  const { rows } = await pool.query('select id::text, name from "Seats"');
  expect([...last].filter(([, name]) => name !== undefined).sort()).toEqual(
    rows.map(({ id, name }) => [id, name]).sort(),
  );
});

it('rows that another table takes with it, or that a session writes which plays a replica, are seen', async () => {
  const { pool, url } = await aSource();
  await pool.query(`create table venues (id int primary key); insert into venues values (1);
    create table rooms (id int primary key, venue int references venues on delete cascade); insert into rooms values (7, 1)`);
  const tables = ['venues', 'rooms'].map((name) => ({ schema: 'public', name, key: ['id'] }));
  const stream = await (await capture(url, pool, aUnit('triggers', tables))).open();
  await pool.query('delete from venues');
  await pool.query(`begin; set local session_replication_role = replica; insert into rooms values (8, 1); commit`);
  const changes = await takeChanges(stream, 2);
  expect(changes.map(({ table, operation }) => `${operation} ${table}`)).toEqual([
    'delete "public"."venues"',
    'delete "public"."rooms"',
    'insert "public"."rooms"',
  ]);
});

it('the application writes on, whatever becomes of its tables and whichever role it has', async () => {
  const { pool, open, unit } = await aSource('id int primary key, name text, price numeric');
  const stream = await open();
  const role = `writer_${unit.name}`;
  await pool.query(`create role ${role}; grant insert on "Seats" to ${role}`);
  await pool.query(`begin; set local role ${role}; insert into "Seats" values (1, 'A', 1); commit`);
  await pool.query(`drop owned by ${role}; drop role ${role}`);
  expect((await take(stream)).changes[0]?.row).toEqual({ id: '1', name: 'A', price: '1' });
  const session = await pool.connect();
  for (const [change, write] of [
    ['add extra int, drop price', `insert into "Seats" values (2, 'B', 7)`],
    ['alter name type varchar(10)', `update "Seats" set name = 'C'`],
    ['drop constraint "Seats_pkey"', 'update "Seats" set id = id + 1'],
    ['drop id', `set ticketbuddy.is_nested = on; delete from "Seats" where name = 'C'`],
    ['drop name, drop extra', 'insert into "Seats" default values; truncate "Seats"'],
    ['rename to "Places"', 'insert into "Places" default values'],
  ]) {
    await session.query(`alter table "Seats" ${change}`);
    await session.query(write ?? '');
  }
  session.release(true);
  await expect(stream.next(10_000)).rejects.toMatchObject({ name: 'SchemaChanged' });
});

it('what an application writes that calls itself us is its own all the same', async () => {
  const { pool, open, unit } = await aSource();
  const stream = await open({ ownOrigin: unit.name });
  await pool.query(`begin; set local ticketbuddy.origin = ${unit.name}; insert into "Seats" values (1, 'A'); commit`);
  expect((await take(stream)).changes[0]?.row).toEqual({ id: '1', name: 'A' });
});

it('a column that came and went leaves the stream as it was', async () => {
  const { pool, open } = await aSource();
  const session = await pool.connect();
  await session.query(`insert into "Seats" values (1, 'A')`);
  await session.query(`alter table "Seats" add extra int; alter table "Seats" drop extra`);
  await session.query(`insert into "Seats" values (2, 'B')`);
  session.release();
  expect((await takeChanges(await open(), 2)).map(({ row }) => row)).toEqual([
    { id: '1', name: 'A' },
    { id: '2', name: 'B' },
  ]);
});

it.each([
  ['a trigger is dropped', (name: string) => `drop trigger tb_update_${name} on "Seats"`],
  [
    'a trigger is off for a moment',
    (name: string) =>
      `alter table "Seats" disable trigger tb_insert_${name}; alter table "Seats" enable always trigger tb_insert_${name}`,
  ],
  ['a trigger is off for replicas', (name: string) => `alter table "Seats" enable trigger tb_delete_${name}`],
])('when %s, a new copy is needed', async (_what, harm) => {
  const { pool, unit, open } = await aSource();
  await schemaNow(pool, unit);
  await pool.query(harm(unit.name));
  const lost = { name: 'NewCopyNeeded', reason: 'trigger-missing' };
  await expect(schemaNow(pool, unit)).rejects.toMatchObject(lost);
  await expect(prepare(pool, unit)).rejects.toMatchObject(lost);
  await expect((await open()).next(10_000)).rejects.toMatchObject(lost);
});

it('what a transaction has written that was open before is never missed: capturing begins behind it', async () => {
  const { pool, unit } = await aSource();
  await abandon(pool, unit);
  await prepare(pool, unit);
  const slow = await pool.connect();
  await slow.query(`begin; insert into "Seats" values (1, 'before')`);
  const beginning = createSlot(pool, unit);
  const waiting = `select from pg_locks where not granted and relation = '"Seats"'::regclass`;
  await until('it waits', async () => (await pool.query(waiting)).rowCount === 1);
  await slow.query(`insert into "Seats" values (2, 'before'); commit`);
  const start = await beginning;
  expect(
    (await pool.query('select $1::pg_lsn <= pg_current_wal_insert_lsn() as is_real', [start])).rows[0].is_real,
  ).toBe(true);
  await slow.query(`insert into "Seats" values (3, 'after')`);
  release(slow);
  const { rows } = await pool.query(`select row_values from ticketbuddy_${unit.name}.changes`);
  expect(rows).toEqual([{ row_values: ['3', 'after'] }]);
});

it('a table is accepted with new columns, and the next rows are told by them', async () => {
  const { pool, unit, open } = await aSource();
  await pool.query(`alter table "Seats" add column price numeric(18,2), drop name`);
  await acceptSchema(pool, unit);
  await pool.query(`insert into "Seats" values (1, 1.5)`);
  expect((await take(await open())).changes[0]?.row).toEqual({ id: '1', price: '1.50' });
});

function release(...clients: readonly pg.PoolClient[]): void {
  for (const client of clients) client.release();
}
