import { testDatabase, until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { NewCopyNeeded } from './errors.ts';
import { heartbeat, lag } from './heartbeat.ts';
import { abandon, acceptSchema, prepare, schemaNow } from './prepare.ts';
import { createSlot, dropSlot, guardSlot, slotSize } from './slot.ts';
import { aUnit, captures, seats, sourceBy, take } from './test-source.ts';

describe.each(captures)('captured by %s', (capture) => {
  const aSource = sourceBy(capture);

  it('a stream whose slot was dropped behind its back stops and demands a new copy', async () => {
    const { pool, unit, open } = await aSource();
    const stream = await open();
    await pool.query(`insert into "Seats" values (1, 'A')`);
    await take(stream);
    await dropSlot(pool, unit);
    await expect(stream.next(10_000)).rejects.toMatchObject({ name: 'NewCopyNeeded', reason: 'slot-missing' });
  });

  it('a slot that was dropped and made again does not hide the gap', async () => {
    const { pool, unit, start, open } = await aSource();
    await dropSlot(pool, unit);
    await pool.query(`insert into "Seats" values (1, 'lost')`);
    await createSlot(pool, unit);
    await expect(open({ from: start })).rejects.toMatchObject({ reason: 'position-before-slot' });
  });

  it('a slot for which the source keeps more than the limit is dropped, also from under a stream that stands still', async () => {
    const { pool, unit, open } = await aSource();
    const stream = await open();
    await pool.query(`insert into "Seats" select i, repeat('x', 1000) from generate_series(1, 1000) as i`);
    await guardSlot(pool, unit, { bytesMax: 1e12 });
    await stream.next(10_000);
    expect((await slotSize(pool, unit)).bytes).toBeGreaterThan(1_000_000);
    await expect(guardSlot(pool, unit, { bytesMax: 1_000_000 })).rejects.toMatchObject({ reason: 'slot-over-limit' });
    await expect(slotSize(pool, unit)).rejects.toThrow(NewCopyNeeded);
  });

  it('two slots of one unit are refused', async () => {
    const { pool, unit } = await aSource();
    await expect(createSlot(pool, unit)).rejects.toMatchObject({ code: 'slot_exists' });
  });

  it('a key that is not the primary key is refused, and leaves nothing behind', async () => {
    const { pool } = await aSource();
    const before = await traces(pool);
    const unit = aUnit(capture, [{ ...seats, key: ['name'] }]);
    await expect(prepare(pool, unit)).rejects.toMatchObject({ code: 'not_the_primary_key' });
    expect(await traces(pool)).toEqual(before);
  });

  it('a key that is computed is refused, since no change tells it', async () => {
    const { pool } = await testDatabase();
    await pool.query('create table "Seats" (place int, id int generated always as (place + 1) stored primary key)');
    await expect(prepare(pool, aUnit(capture))).rejects.toMatchObject({ code: 'not_the_primary_key' });
  });

  it('abandoning takes out every trace and puts each replica identity back', async () => {
    const { pool } = await aSource();
    await pool.query(`create table plain (id int primary key); create table bare (id int primary key);
      create table indexed (id int primary key, "other Id" int not null); create unique index "Other" on indexed ("other Id");
      alter table bare replica identity nothing; alter table indexed replica identity using index "Other"`);
    const before = await traces(pool);
    const tables = ['plain', 'bare', 'indexed'].map((name) => ({ schema: 'public', name, key: ['id'] }));
    const unit = aUnit(capture, tables);
    await prepare(pool, unit);
    await createSlot(pool, unit);
    await prepare(pool, unit);
    expect(await traces(pool)).not.toEqual(before);
    await abandon(pool, unit);
    await abandon(pool, unit);
    expect(await traces(pool)).toEqual(before);
  });

  it('a table that was dropped and made again is found, and cannot be accepted as if nobody had written to it', async () => {
    const { pool, unit } = await aSource();
    expect(await schemaNow(pool, unit, seats)).toHaveLength(1);
    await pool.query('drop table "Seats"');
    await expect(schemaNow(pool, unit)).rejects.toMatchObject({ name: 'SchemaChanged' });
    await pool.query(`create table "Seats" (id int primary key, name text); insert into "Seats" values (1, 'unseen')`);
    for (const ask of [schemaNow, acceptSchema, prepare]) {
      await expect(ask(pool, unit)).rejects.toMatchObject({
        name: 'NewCopyNeeded',
        reason: capture === 'log' ? 'table-unpublished' : 'trigger-missing',
      });
    }
  });

  it('paused, behind, silent and following are told apart', async () => {
    const { pool, unit, start, open } = await aSource();
    const stateOf = async (applied: Partial<Parameters<typeof lag>[2]>, secondsMax = 3600) =>
      (await lag(pool, unit, { position: start, heartbeat: undefined, isPaused: false, ...applied }, secondsMax)).state;
    const stream = await open();
    await heartbeat(pool, unit);
    const first = await stream.next(10_000);
    stream.acknowledge(first?.position ?? '');
    const applied = { position: first?.position ?? '', heartbeat: first?.heartbeat };
    expect([first?.changes, applied.heartbeat?.beat, await stateOf(applied)]).toEqual([[], 1, 'following']);
    await pool.query(`update ticketbuddy_${unit.name}.heartbeats set written_at = now() - interval '2 hours'`);
    expect(await stateOf(applied)).toBe('silent');
    await heartbeat(pool, unit);
    const old = { ...applied, heartbeat: { beat: 1, writtenAt: '2020-01-01 00:00:00+00' } };
    expect([await stateOf(old), await stateOf({ ...old, isPaused: true })]).toEqual(['behind', 'paused']);
  });
});

it('a source in the midst of a long transaction is prepared when that has ended, and its readers do not wait so long', async () => {
  const { pool } = await testDatabase();
  await pool.query(`create table "Seats" (id int primary key)`);
  const slow = await pool.connect();
  await slow.query(`begin; insert into "Seats" values (1)`);
  const unit = aUnit();
  const preparing = prepare(pool, unit);
  const waiting = `select count(*)::int as n from pg_locks where not granted and mode = 'AccessExclusiveLock'
    and database = (select oid from pg_database where datname = current_database())`;
  const isWaiting = async () => (await pool.query(waiting)).rows[0].n === 1;
  await until('it came true', isWaiting);
  await until('it came true', async () => !(await isWaiting()));
  expect((await pool.query('select * from "Seats"')).rows).toEqual([]);
  await slow.query('commit');
  slow.release();
  await preparing;
  expect(await schemaNow(pool, unit, seats)).toHaveLength(1);
  await abandon(pool, unit);
});

/** What a unit leaves in a database, besides the tables themselves. */
async function traces(pool: pg.Pool): Promise<unknown> {
  const { rows } = await pool.query(`
    select 'slot' as kind, slot_name::text as name from pg_replication_slots where database = current_database()
    union all select 'publication', pubname from pg_publication
    union all select 'schema', nspname from pg_namespace where nspname like 'ticketbuddy%'
    union all select 'function', proname from pg_proc join pg_namespace on pg_namespace.oid = pronamespace where nspname like 'ticketbuddy%'
    union all select 'trigger', tgname from pg_trigger where tgname like 'tb%'
    union all select 'identity ' || relreplident::text, relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
    order by 1, 2`);
  return rows;
}
