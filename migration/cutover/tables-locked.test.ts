import { testDatabase, until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { raiseFence, removeFence } from './fence.ts';
import { openJournal } from './journal.ts';
import { createEdgeTables } from './store-edges.ts';
import { aLegacy, fenced, legacy, plan } from './test-fenced.ts';

test.each([
  { what: 'raised', open: aLegacy, act: (pool: pg.Pool) => raiseFence(pool, plan, legacy) },
  { what: 'removed', open: fenced, act: (pool: pg.Pool) => removeFence(pool, 'shows') },
])('a writer who goes from one table to the other while the fence is $what is not harmed', async ({ open, act }) => {
  const { pool } = await open();
  const writer = await pool.connect();
  onTestFinished(() => writer.release(true));
  await writer.query(`begin; insert into "Show"."Halls" (id) values (7)`);
  let writing: Promise<unknown> | undefined;
  const watched = whenFirst(pool, /trigger .* on "Show"\."Halls"/, async () => {
    writing = writer.query(`insert into "Show"."Shows" (id) values (7)`);
    writing.catch(() => undefined);
    const waits = `select from pg_locks where not granted and relation = '"Show"."Shows"'::regclass`;
    const isOver = writing.then(() => true);
    await until('it waits, or is through', async () =>
      Promise.race([isOver, pool.query(waits).then(({ rowCount }) => rowCount === 1)]),
    );
  });
  const acting = act(watched).catch(() => undefined);
  await until('it writes', async () => writing !== undefined);
  await expect(writing).resolves.toMatchObject({ rowCount: 1 });
  await writer.query('commit');
  await acting;
});

test('gateways and workers that begin at the same time all find what they need', async () => {
  const { pool } = await testDatabase(8);
  await Promise.all([1, 2, 3].flatMap(() => [createEdgeTables(pool), openJournal(pool)]));
});

/** A pool that does something before the first statement that matches. */
function whenFirst(pool: pg.Pool, pattern: RegExp, act: () => Promise<void>): pg.Pool {
  let isDone = false;
  const query = (client: pg.PoolClient) => {
    const its = client.query.bind(client) as (sql: string, values?: unknown[]) => Promise<unknown>;
    return async (sql: string, values?: unknown[]) => {
      if (pattern.test(sql) && !isDone) {
        isDone = true;
        await act();
      }
      return its(sql, values);
    };
  };
  const watched = (client: pg.PoolClient) =>
    new Proxy(client, {
      get(target, name) {
        if (name === 'query') return query(target);
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  return new Proxy(pool, {
    get(target, name) {
      if (name === 'connect') return async () => watched(await target.connect());
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
