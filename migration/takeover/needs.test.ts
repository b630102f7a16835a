import { fenceFaults, raiseFence } from '@ticketbuddy/cutover';
import { subscribe } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { needs } from './needs.ts';
import { aLibrary } from './test-library.ts';

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
