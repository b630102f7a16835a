import { createEdgeTables } from '@ticketbuddy/cutover';
import { testDatabase } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, it } from 'vitest';
import { beginShadow, createReadShares, isShadowOn, readShares, setReadShare, setShadowShare } from './store-shares.ts';

const [list, one] = ['GET /events', 'GET /events/{id}'];

it('a share of the reads ends with the epoch for which it was said, and does not come back with the owner', async () => {
  const pool = await aNewSystem('legacy', 1);
  expect(await setReadShare(pool, 'events', [list, one], 10)).toBe('legacy');
  expect(await shares(pool)).toEqual([`${list} 10 of legacy`, `${one} 10 of legacy`]);
  await owned(pool, 'next', 2);
  expect(await shares(pool)).toEqual([`${list} 0 of legacy`, `${one} 0 of legacy`]);
  expect(await setReadShare(pool, 'events', [one], 5)).toBe('next');
  expect(await shares(pool)).toEqual([`${list} 0 of legacy`, `${one} 5 of next`]);
  await owned(pool, 'legacy', 3);
  expect(await shares(pool)).toEqual([`${list} 0 of legacy`, `${one} 0 of next`]);
});

it('while a unit belongs to nobody no share is said of it', async () => {
  const pool = await aNewSystem('moving', 1);
  expect(await setReadShare(pool, 'events', [one], 10)).toBeUndefined();
  expect(await shares(pool)).toEqual([]);
});

it('what is compared outlives a switch, and a gateway that starts does not overrule who has said it', async () => {
  const pool = await aNewSystem('legacy', 1);
  expect(await isShadowOn(pool, 'events')).toBe(false);
  await setShadowShare(pool, 'events', [one], 20);
  await beginShadow(pool, 'events', [list, one], 5);
  await owned(pool, 'next', 2);
  const said = await readShares(pool, ['events']);
  expect(said.map(({ endpoint, shadowPercent }) => `${endpoint} ${shadowPercent}`)).toEqual([`${list} 5`, `${one} 20`]);
  expect(await isShadowOn(pool, 'events')).toBe(true);
});

async function aNewSystem(owner: string, epoch: number): Promise<pg.Pool> {
  const { pool } = await testDatabase();
  await createEdgeTables(pool);
  await createReadShares(pool);
  await pool.query(`insert into ticketbuddy_migration.fences (unit, owner, epoch) values ('events', $1, $2)`, [
    owner,
    epoch,
  ]);
  return pool;
}

async function owned(pool: pg.Pool, owner: string, epoch: number): Promise<void> {
  await pool.query('update ticketbuddy_migration.fences set owner = $1, epoch = $2', [owner, epoch]);
}

async function shares(pool: pg.Pool): Promise<string[]> {
  return (await readShares(pool, ['events'])).map(
    ({ endpoint, percent, owner }) => `${endpoint} ${percent} of ${owner}`,
  );
}
