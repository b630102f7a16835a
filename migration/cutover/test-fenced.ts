import { testDatabase } from '@ticketbuddy/testing';
import type pg from 'pg';
import { raiseFence } from './fence.ts';
import type { FencePlan } from './owner.ts';

export const plan: FencePlan = {
  unit: 'shows',
  side: 'legacy',
  tables: ['"Show"."Shows"', '"Show"."Halls"'],
  appliers: [],
  needsEpoch: false,
};
export const legacy = { owner: 'legacy', epoch: 1 } as const;
export const moving = { owner: 'moving', epoch: 1 } as const;
export const next = { owner: 'next', epoch: 2 } as const;

/** The same, behind a fence. */
export async function fenced(changes: Partial<FencePlan> = {}, owner: Parameters<typeof raiseFence>[2] = legacy) {
  const database = await aLegacy();
  await raiseFence(database.pool, { ...plan, ...changes }, owner);
  return database;
}

/** A database with two tables that know nothing of a fence. */
export async function aLegacy() {
  const { pool, url } = await testDatabase(8);
  await pool.query(`
    create schema "Show";
    create table "Show"."Shows" (id int primary key, title text);
    create table "Show"."Halls" (id int primary key);
    insert into "Show"."Shows" (id) values (1)`);
  return {
    pool,
    url,
    rows: async () => (await pool.query('select * from "Show"."Shows" order by id')).rows,
    /** How many things there are in the database. */
    count: async () => {
      const all =
        'select (select count(*) from pg_class) + (select count(*) from pg_proc) + (select count(*) from pg_trigger) + (select count(*) from pg_namespace) as n';
      return Number((await pool.query(all)).rows[0].n);
    },
  };
}

/** Undone whatever becomes of it. */
export async function inTransaction(pool: pg.Pool, statements: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(`begin; ${statements}; rollback`);
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
