import { fenceFaults, raiseFence } from '@ticketbuddy/cutover';
import { createPool } from '@ticketbuddy/postgres';
import { subscribe, testDatabase } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { moverUrl } from './mover.ts';
import { needs } from './needs.ts';
import { dropOrigin } from './store.ts';
import { aLibrary, leastMover, leastRights } from './test-library.ts';

test('a table that is written by the name of another one cannot be moved, since its fence is passed', async () => {
  const { takeover, legacy } = await aLibrary();
  await legacy.query(`create table "Library"."Print" (like "Library"."Book") partition by list ("BookId");
    alter table "Library"."Print" attach partition "Library"."Book" default`);
  const plan = {
    unit: 'library',
    side: 'legacy',
    tables: ['"Library"."Book"'],
    appliers: ['nobody'],
    needsEpoch: false,
  } as const;
  await raiseFence(legacy, plan, { owner: 'next', epoch: 1 });
  expect(await fenceFaults(legacy, plan)).toEqual([]);
  await expect(legacy.query(`insert into "Library"."Book" values (gen_random_uuid(), 'A')`)).rejects.toThrow(
    'not here',
  );
  await legacy.query(`insert into "Library"."Print" values (gen_random_uuid(), 'B')`);
  expect((await legacy.query('select "Title" from "Library"."Book"')).rows).toEqual([{ Title: 'B' }]);
  const closed = (await needs(takeover)).filter(({ isOpen }) => !isOpen);
  expect(closed).toEqual([
    {
      name: 'legacy: table "Library"."Book"',
      isOpen: false,
      says: 'is a part of another table, or has parts: what is written by the name of the other passes the fence',
    },
  ]);
});

test('a table that a subscription fills cannot be moved either', async () => {
  const { takeover, legacy } = await aLibrary();
  const sql = 'create schema "Library"; create table "Library"."Book" ("BookId" uuid primary key)';
  await subscribe(legacy, '"Library"."Book"', sql);
  const closed = (await needs(takeover)).filter(({ isOpen }) => !isOpen);
  expect(closed.map(({ says }) => says)).toEqual(['is filled by a subscription, whose rows pass the fence']);
});

test('what it takes to be abandoned is asked for before anything is begun', async () => {
  const { takeover, legacy } = await aLibrary({ legacyMover: leastMover });
  const drop = 'execute on function pg_replication_origin_drop(text)';
  await legacy.query(`revoke ${drop} from ${leastRights.mover}`);
  const closed = (await needs(takeover)).filter(({ isOpen }) => !isOpen);
  expect(closed.map(({ name }) => name)).toEqual(['legacy: replication origins']);
  expect(closed[0]?.says).toMatch(/_drop/);
  await expect(dropOrigin(takeover.places.legacy.pool, 'none')).rejects.toThrow('permission denied');
  await legacy.query(`grant ${drop} to ${leastRights.mover}`);
});

test('a role that may not lend its rights leaves none behind that has not got them', async () => {
  const { pool, url } = await testDatabase();
  const lender = `library_lender_${process.pid}`;
  await pool.query(`create role ${lender} login createrole replication password 'library'`);
  const own = new URL(url);
  [own.username, own.password] = [lender, 'library'];
  const lending = createPool({ url: own.toString(), connections: 1 });
  onTestFinished(async () => {
    await lending.end();
    await pool.query(`drop role ${lender}`);
  });
  await expect(moverUrl(lending, own.toString())).rejects.toThrow();
  await expect(moverUrl(lending, own.toString())).rejects.toThrow();
});

test('whoever only looks is told whether the role that moves can be made, before it is', async () => {
  const { takeover, next } = await aLibrary();
  const { url } = takeover.places.next;
  const ofItsOwn = async (pool: pg.Pool) => {
    const all = await needs({ ...takeover, places: { ...takeover.places, next: { url, pool } } });
    return all.find(({ name }) => name === 'next: a role of its own');
  };
  expect(await ofItsOwn(next)).toMatchObject({ isOpen: true, says: 'is made with the start' });
  const [role, pool] = await aStranger(next, url);
  await next.query(`grant usage on schema library to ${role}; grant select on all tables in schema library to ${role}`);
  expect(await ofItsOwn(pool)).toMatchObject({
    isOpen: false,
    says: expect.stringMatching(`^${role} may not make one`),
  });
  await next.query(`drop owned by ${role}`);
});

test('a role that may not even use the schema of a table is told which right it needs', async () => {
  const { takeover, legacy } = await aLibrary();
  const { url } = takeover.places.legacy;
  const [role, pool] = await aStranger(legacy, url);
  const closed = (await needs({ ...takeover, places: { ...takeover.places, legacy: { url, pool } } })).filter(
    ({ isOpen }) => !isOpen,
  );
  expect(closed).toContainEqual({
    name: 'legacy: table "Library"."Book"',
    isOpen: false,
    says: `its owner has to say: grant the role that owns it to ${role}`,
  });
});

test('a table that is not there is named, before anybody counts its rows', async () => {
  const { takeover, next } = await aLibrary();
  await next.query('drop table library.books');
  const closed = (await needs(takeover)).filter(({ isOpen }) => !isOpen);
  expect(closed).toEqual([{ name: 'next: table "library"."books"', isOpen: false, says: 'is not there' }]);
});

/** A role that has just been made, and connections of it. */
async function aStranger(owner: pg.Pool, url: string): Promise<[string, pg.Pool]> {
  const [strangers, role] = [new URL(url), `stranger_${process.pid}`];
  await owner.query(`create role ${role} login password 'secret'`);
  [strangers.username, strangers.password] = [role, 'secret'];
  const pool = createPool({ url: `${strangers}`, connections: 1 });
  onTestFinished(async () => {
    await pool.end();
    await owner.query(`drop role ${role}`);
  });
  return [role, pool];
}
