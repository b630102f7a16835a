import { createPool, isFenced, PostgresNotifications } from '@ticketbuddy/postgres';
import { openLine, testDatabase } from '@ticketbuddy/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Edge, type EdgeOptions } from './edge.ts';
import { changeOwner, raiseFence } from './fence.ts';
import { holdWrites, releaseWrites } from './hold-writes.ts';
import { createEdgeTables, edgesWriting } from './store-edges.ts';
import { legacy, moving } from './test-fenced.ts';

describe('an edge', () => {
  test('lets writes go to the owner, and says in which epoch', async () => {
    const { edge } = await aCounter();
    const { owner, epoch } = await edge.admit('shows');
    expect({ owner, epoch }).toEqual(legacy);
  });

  test('keeps writes waiting while the unit is held, and lets them go in the order in which they came', async () => {
    const { edge, move } = await aCounter();
    await holdWrites.do(move, never);
    const admitted: number[] = [];
    const writes = [1, 2, 3].map((nth) => edge.admit('shows').then(() => admitted.push(nth)));
    expect(admitted).toEqual([]);
    await releaseWrites.do(move, never);
    await Promise.all(writes);
    expect(admitted).toEqual([1, 2, 3]);
  });

  test('refuses at once what is too much to wait, and later what has waited too long', async () => {
    const { edge, move } = await aCounter({ waitingMax: 1, waitMsMax: 50 });
    await holdWrites.do(move, never);
    const [first, second] = [edge.admit('shows'), edge.admit('shows')];
    await expect(second).rejects.toMatchObject({ kind: 'overloaded' });
    await expect(first).rejects.toMatchObject({ kind: 'overloaded' });
  });

  test('refuses who waits when it ends, and is then no longer waited for', async () => {
    const { edge, move, pool } = await aCounter();
    await holdWrites.do(move, never);
    const refused = expect(edge.admit('shows')).rejects.toMatchObject({ kind: 'overloaded' });
    await edge.stop();
    await refused;
    await releaseWrites.do(move, never);
    expect(await edgesWriting(pool, 'shows')).toEqual([]);
  });

  test('in doubt lets nobody write before it has looked again', async () => {
    const { edge, pool } = await aCounter();
    await changeOwner(pool, { unit: 'shows', from: legacy, to: { owner: 'next', epoch: 2 } }, 1_000);
    edge.doubt();
    expect(edge.admitsNothing('shows')).toBe(true);
    expect((await edge.admit('shows')).epoch).toBe(2);
  });
});

describe('a hold', () => {
  test('is there when the writes are over that were under way', async () => {
    const { edge, move } = await aCounter();
    const { leave } = await edge.admit('shows');
    let held = false;
    const holding = holdWrites.do(move, never).then(() => {
      held = true;
    });
    await expect.poll(() => edge.admitsNothing('shows'), { interval: 5 }).toBe(true);
    expect([held, await holdWrites.check(move)]).toEqual([false, false]);
    leave();
    await holding;
    expect(await holdWrites.check(move)).toBe(true);
  });

  test('gives up when it is told to, and names the edges that were not ready', async () => {
    const { edge, move } = await aCounter();
    await edge.admit('shows');
    const over = new AbortController();
    const holding = holdWrites.do(move, over.signal);
    over.abort();
    await expect(holding).rejects.toThrow('writes are still under way at counter');
    await holdWrites.undo?.(move);
    expect((await edge.admit('shows')).epoch).toBe(1);
  });

  test('does not wait for an edge that is cut off; that lets nothing through, and what it sent too late is refused', async () => {
    const { edge, move, pool, cut } = await aCounter({ waitMsMax: 100 });
    const late = await edge.admit('shows');
    await cut();
    await holdWrites.do(move, never);
    await changeOwner(pool, { unit: 'shows', from: legacy, to: moving }, 1_000);
    await expect(edge.admit('shows')).rejects.toMatchObject({ kind: 'overloaded' });
    const written = pool.query('insert into public.shows default values').catch((error: unknown) => error);
    expect([late.epoch, isFenced(await written)]).toEqual([1, true]);
  }, 30_000);
});

const never = new AbortController().signal;

/** An edge over a line to the database that can be cut, and a switch of the unit that it watches. */
async function aCounter(limits: Pick<Partial<EdgeOptions>, 'waitingMax' | 'waitMsMax'> = {}) {
  const { pool, url } = await testDatabase(6);
  await pool.query('create table public.shows (id serial primary key)');
  const plan = { unit: 'shows', side: 'legacy', tables: ['public.shows'], appliers: [], needsEpoch: false } as const;
  await raiseFence(pool, plan, legacy);
  await createEdgeTables(pool);
  const line = await openLine(url);
  const own = createPool({ url: line.url, connections: 2 });
  const notifications = new PostgresNotifications(line.url);
  const edge = new Edge({ pool: own, notifications, name: 'counter', units: ['shows'], ...limits });
  await notifications.start();
  await edge.start();
  onTestFinished(async () => {
    await edge.stop();
    await notifications.stop();
    await own.end();
    await line.cut();
  });
  const deadline = Temporal.Instant.from('2026-06-01T12:00:02Z');
  const databases = { legacy: pool, next: pool };
  const sides = { from: 'legacy', to: 'next' } as const;
  const move = { unit: 'shows', ...sides, epoch: 1, databases, conductor: pool, deadline, waitMsMax: 1_000 };
  return { edge, pool, move, cut: () => line.cut() };
}
