import { testDatabase, until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, it } from 'vitest';
import { abandon, prepare } from './prepare.ts';
import { createSlot, dropSlot, guardSlot, slotSize } from './slot.ts';
import { saveCaughtBy } from './store-triggers.ts';
import { aUnit, capture, sourceBy, take, takeChanges } from './test-source.ts';
import type { Unit } from './unit.ts';

const aSource = sourceBy('triggers');

it('a limit is kept to while a transaction is open, and nothing more is captured', async () => {
  const { pool, unit } = await aSource();
  await pool.query(`insert into "Seats" select i, repeat('x', 1000) from generate_series(1, 1000) as i`);
  const slow = await pool.connect();
  await slow.query(`begin; insert into "Seats" values (0, 'slow')`);
  await expect(guardSlot(pool, unit, { bytesMax: 100_000 })).rejects.toMatchObject({ reason: 'slot-over-limit' });
  await slow.query('commit');
  slow.release();
  await pool.query(`insert into "Seats" values (-1, 'after')`);
  await expect(slotSize(pool, unit)).rejects.toMatchObject({ reason: 'slot-missing' });
  const { rows } = await pool.query(`select row_values from ticketbuddy_${unit.name}.changes`);
  expect(rows).toEqual([{ row_values: ['0', 'slow'] }]);
});

it('while nobody looks the change table ends at its limit, the application writes on, and no stream goes past what is missing', async () => {
  const { url, pool } = await testDatabase();
  await pool.query('create table "Seats" (id int primary key, name text)');
  const { unit, open } = await capture(url, pool, { ...aUnit('triggers'), changesBytesMax: 100_000 });
  const stream = await open();
  const write = (from: number) =>
    pool.query(`insert into "Seats" select i, repeat('x', 500) from generate_series($1::int, $1::int + 99) as i`, [
      from,
    ]);
  await write(0);
  expect((await take(stream)).changes).toHaveLength(100);
  for (let from = 100; from < 1_000; from += 100) await write(from);
  const { rows } = await pool.query(`select count(*)::int as kept from ticketbuddy_${unit.name}.changes`);
  expect(rows[0].kept).toBeLessThan(400);
  const lost = { name: 'NewCopyNeeded', reason: 'slot-over-limit' };
  await expect(takeChanges(stream, 100)).rejects.toMatchObject(lost);
  await expect(slotSize(pool, unit)).rejects.toMatchObject(lost);
  await expect(guardSlot(pool, unit, { bytesMax: 1_000_000 })).rejects.toMatchObject(lost);
  const { rows: left } = await pool.query(`select pg_relation_size('ticketbuddy_${unit.name}.changes')::int as bytes`);
  expect(left).toEqual([{ bytes: 0 }]);
  const start = await createSlot(pool, unit);
  await write(1_000);
  expect((await take(await open({ from: start }))).changes).toHaveLength(100);
});

it('who commits what was left out after others have read is not passed over', async () => {
  const { url, pool } = await testDatabase();
  await pool.query('create table "Seats" (id int primary key, name text)');
  const { unit, open } = await capture(url, pool, { ...aUnit('triggers'), changesBytesMax: 8_192 });
  const changes = `ticketbuddy_${unit.name}.changes`;
  await pool.query(`insert into "Seats" select i, repeat('x', 500) from generate_series(1, 20) as i`);
  const stream = await open();
  expect((await take(stream)).changes).toHaveLength(20);
  await until('they are deleted', async () => (await pool.query(`select from ${changes}`)).rowCount === 0);
  const slow = await pool.connect();
  await slow.query(`begin; insert into "Seats" values (0, 'left out')`);
  await until('there is room again', async () => {
    await pool.query(`vacuum ${changes}`);
    return (await pool.query(`select pg_relation_size('${changes}')::int as bytes`)).rows[0].bytes === 0;
  });
  await pool.query(`insert into "Seats" values (21, 'before')`);
  expect((await take(stream)).changes).toMatchObject([{ row: { id: '21' } }]);
  await slow.query('commit');
  slow.release();
  await pool.query(`insert into "Seats" values (22, 'after')`);
  await expect(take(stream)).rejects.toMatchObject({ name: 'NewCopyNeeded', reason: 'slot-over-limit' });
});

it('a transaction of very many changes comes whole, between its neighbours, and is deleted piece by piece', async () => {
  const { pool, unit, open } = await aSource();
  const insert = (from: number, to: number) =>
    pool.query(`insert into "Seats" select i, 'A' from generate_series($1::int, $2::int) as i`, [from, to]);
  await insert(1, 1);
  await insert(2, 100_001);
  await insert(100_002, 100_002);
  const stream = await open();
  const ids: number[][] = [];
  for (let nth = 0; nth < 3; nth++) ids.push((await take(stream)).changes.map(({ row }) => Number(row?.id)));
  expect(ids.map(({ length }) => length)).toEqual([1, 100_000, 1]);
  expect(ids.flat()).toEqual(Array.from({ length: 100_002 }, (_, nth) => nth + 1));
  await until('nothing is left', async () => {
    const left = `select from ticketbuddy_${unit.name}.changes union all select from ticketbuddy_${unit.name}.commits`;
    return (await pool.query(left)).rowCount === 0;
  });
});

it('what is kept of large values counts, too: they are not in the table itself', async () => {
  const { url, pool } = await testDatabase();
  await pool.query('create table "Seats" (id int primary key, name text)');
  const { unit } = await capture(url, pool, { ...aUnit('triggers'), changesBytesMax: 200_000 });
  for (let id = 0; id < 20; id++) {
    await pool.query(
      `insert into "Seats" select $1, string_agg(md5(random()::text), '') from generate_series(1, 2000)`,
      [id],
    );
  }
  const { rows } = await pool.query(`select count(*)::int as kept from ticketbuddy_${unit.name}.changes`);
  expect(rows[0].kept).toBeLessThan(10);
  await expect(slotSize(pool, unit)).rejects.toMatchObject({ reason: 'slot-over-limit' });
});

it('a source that was prepared before its triggers had a limit gets one when its stream is opened, and nothing is lost', async () => {
  const { url, pool } = await testDatabase();
  await pool.query('create table "Seats" (id int primary key, name text)');
  const { unit, open } = await capture(url, pool, { ...aUnit('triggers'), changesBytesMax: 100_000 });
  await withoutLimit(pool, unit);
  await pool.query(`insert into "Seats" values (1, 'before')`);
  const stream = await open();
  expect((await take(stream)).changes).toMatchObject([{ row: { id: '1' } }]);
  for (let from = 100; from < 1_000; from += 100)
    await pool.query(`insert into "Seats" select $1::int + i, repeat('x', 500) from generate_series(1, 100) as i`, [
      from,
    ]);
  await expect(slotSize(pool, unit)).rejects.toMatchObject({ reason: 'slot-over-limit' });
});

it('such a source can be begun anew, and abandoned', async () => {
  const { pool, unit, open } = await aSource();
  await withoutLimit(pool, unit);
  await prepare(pool, unit);
  await dropSlot(pool, unit);
  const start = await createSlot(pool, unit);
  await pool.query(`insert into "Seats" values (1, 'anew')`);
  expect((await take(await open({ from: start }))).changes).toMatchObject([{ row: { id: '1' } }]);
  await withoutLimit(pool, unit);
  await abandon(pool, unit);
  expect(
    (await pool.query('select to_regnamespace($1) as left', [`ticketbuddy_${unit.name}`])).rows[0].left,
  ).toBeNull();
});

/** As an older version left it: triggers that know no limit, and nothing to say that they have come to it. */
async function withoutLimit(pool: pg.Pool, unit: Unit): Promise<void> {
  const { rows } = await pool.query<{ definition: string }>(
    `select pg_get_functiondef(oid) as definition from pg_proc
     where pronamespace = to_regnamespace($1) and starts_with(proname, 'changes_of_')`,
    [`ticketbuddy_${unit.name}`],
  );
  for (const { definition } of rows)
    await pool.query(definition.replace(/if pg_relation_size.*?return null;\s*end if;/s, ''));
  await saveCaughtBy(pool, unit);
  await pool.query(`drop table ticketbuddy_${unit.name}.cut_off`);
}
