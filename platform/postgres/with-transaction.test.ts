import { endInCommit, testDatabase } from '@ticketbuddy/testing';
import { expect, it } from 'vitest';
import { CommitUnknown } from './transient.ts';
import { withLock, withTransaction } from './with-transaction.ts';

const claim = "insert into broker.bindings (urn, queue) values ('a', 'b')";

it('what a transaction did is there when it is done, and nothing of one that threw', async () => {
  const { pool } = await testDatabase();
  const undone = withTransaction(pool, async (client) => {
    await client.query(claim);
    throw new Error('changed my mind');
  });
  await expect(undone).rejects.toThrow('changed my mind');
  expect((await pool.query('select from broker.bindings')).rowCount).toBe(0);
  await withTransaction(pool, (client) => client.query(claim));
  expect((await pool.query('select from broker.bindings')).rowCount).toBe(1);
});

it('a transaction in which a failed statement was passed over is not taken for committed', async () => {
  const { pool } = await testDatabase();
  const unaware = withTransaction(pool, async (client) => {
    await client.query(claim);
    await client.query('select 1 / 0').catch(() => undefined);
  });
  await expect(unaware).rejects.toThrow('swallowed');
});

it('a connection that broke during a transaction is not used again', async () => {
  const { pool } = await testDatabase(2);
  const broken = withTransaction(pool, (client) => client.query('select pg_terminate_backend(pg_backend_pid())'));
  await expect(broken).rejects.toThrow('terminating connection');
  expect(await withTransaction(pool, async (client) => (await client.query('select 1')).rowCount)).toBe(1);
  expect(pool.totalCount).toBe(1);
});

it('a connection that breaks in the commit leaves open whether it was carried out', async () => {
  const { pool } = await testDatabase();
  await endInCommit(pool, 'broker.bindings');
  await expect(withTransaction(pool, (client) => client.query(claim))).rejects.toBeInstanceOf(CommitUnknown);
});

it('a connection that cannot be rolled back does not go back to the pool', async () => {
  const { pool } = await testDatabase(2);
  const stuck = withTransaction(pool, async (client) => {
    client.query = () => Promise.reject(new Error('no answer'));
    throw new Error('changed my mind');
  });
  await expect(stuck).rejects.toThrow('changed my mind');
  expect(pool.totalCount).toBe(0);
});

it('of two processes that want to do the same only one does it at a time, and the other does nothing', async () => {
  const { pool } = await testDatabase();
  const other = () => withLock(pool, "bob's work", async () => 'done');
  const different = () => withLock(pool, 'other work', async () => 'done');
  expect(await withLock(pool, "bob's work", async () => [await other(), await different()])).toEqual([
    undefined,
    'done',
  ]);
  expect(await other()).toBe('done');
});
