import { randomUUID } from 'node:crypto';
import { createPool, isFenced } from '@ticketbuddy/postgres';
import { testDatabase } from '@ticketbuddy/testing';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { changeOwner, FenceBusy, fenceFaults, raiseFence, readFence, removeFence } from './fence.ts';
import { aLegacy, fenced, inTransaction, legacy, moving, next, plan } from './test-fenced.ts';

const writes = {
  insert: `insert into "Show"."Shows" (id) values (2)`,
  'insert of no row': `insert into "Show"."Shows" (id) select 3 where false`,
  update: `update "Show"."Shows" set title = 'x'`,
  delete: `delete from "Show"."Shows"`,
  truncate: `truncate "Show"."Shows"`,
  'insert that changes what is there': `insert into "Show"."Shows" (id) values (1) on conflict (id) do update set title = 'x'`,
  merge: `merge into "Show"."Shows" as s using (values (1)) as v (id) on s.id = v.id when matched then delete`,
  'write to another table of the unit': `insert into "Show"."Halls" (id) values (1)`,
  'write by a session that plays a replica': `set session_replication_role = replica; delete from "Show"."Shows"`,
};

describe('the fence', () => {
  test('lets the owner write, and nobody else read less', async () => {
    const { pool } = await fenced();
    for (const sql of Object.values(writes)) await inTransaction(pool, sql);
    expect(await fenceFaults(pool, plan)).toEqual([]);
  });

  test.each(Object.entries(writes))('refuses, while the unit is moving, the %s', async (_, sql) => {
    const { pool, rows } = await fenced();
    await changeOwner(pool, { unit: 'shows', from: legacy, to: moving }, 1_000);
    await expect(inTransaction(pool, sql)).rejects.toThrow('shows is written by moving, not here');
    expect(await rows()).toEqual([{ id: 1, title: null }]);
  });

  test('refuses what is copied in', async () => {
    const { pool } = await fenced();
    await changeOwner(pool, { unit: 'shows', from: legacy, to: moving }, 1_000);
    await expect(pool.query(`copy "Show"."Shows" (id) from program 'echo 5'`)).rejects.toThrow('not here');
  });

  test('refuses everybody when its row is gone', async () => {
    const { pool } = await fenced();
    await pool.query('delete from ticketbuddy_migration.fences');
    await expect(pool.query(writes.insert)).rejects.toThrow('shows is written by nobody');
    expect(await fenceFaults(pool, plan)).toEqual(['shows has no owner here']);
  });

  test('lets the applier pass that logs in as itself, and no one else by taking its role', async () => {
    const role = await aRole();
    const { pool, url } = await fenced({ appliers: [role] });
    await pool.query(`grant usage on schema "Show" to ${role}; grant all on "Show"."Shows" to ${role}`);
    await changeOwner(pool, { unit: 'shows', from: legacy, to: moving }, 1_000);
    const applier = createPool({ url: url.replace(/\/\/[^@]*@/, `//${role}:secret@`), connections: 1 });
    onTestFinished(() => applier.end());
    await applier.query(writes.insert);
    await expect(inTransaction(pool, `set local role ${role}; ${writes.update}`)).rejects.toThrow('not here');
  });

  test('asks a writer for the epoch where the gateway brings it', async () => {
    const { pool } = await fenced({ side: 'next', needsEpoch: true }, next);
    const inEpoch = (epoch: string) =>
      inTransaction(pool, `set local ticketbuddy.epoch = '${epoch}'; ${writes.update}`);
    await inEpoch('2');
    await expect(inEpoch('1')).rejects.toThrow('shows is written in epoch 2, not in 1');
    await expect(pool.query(writes.update)).rejects.toThrow('not in none');
  });

  test('is told apart from other errors', async () => {
    const { pool } = await fenced();
    await changeOwner(pool, { unit: 'shows', from: legacy, to: moving }, 1_000);
    const error = await pool.query(writes.insert).catch((reason: unknown) => reason);
    expect([isFenced(error), (error as pg.DatabaseError).code, isFenced(new Error('x'))]).toEqual([
      true,
      'TBF01',
      false,
    ]);
  });
});

describe('the owner', () => {
  test('is changed only from whom it is thought to be', async () => {
    const { pool } = await fenced();
    await changeOwner(pool, { unit: 'shows', from: legacy, to: next }, 1_000);
    const again = changeOwner(pool, { unit: 'shows', from: legacy, to: moving }, 1_000);
    await expect(again).rejects.toThrow('The owner of shows is next in epoch 2, not legacy in epoch 1.');
    await expect(changeOwner(pool, { unit: 'plays', from: legacy, to: moving }, 1_000)).rejects.toThrow('no fence');
    await expect(changeOwner(pool, { unit: 'shows', from: next, to: legacy }, 1_000)).rejects.toThrow(
      'never comes again',
    );
  });

  test('is changed together with what is done besides, or neither is', async () => {
    const { pool } = await fenced();
    await pool.query('create table public.done (what text)');
    const change = { unit: 'shows', from: legacy, to: next } as const;
    const failing = changeOwner(pool, change, 1_000, async (client) => {
      await client.query(`insert into public.done values ('half')`);
      throw new Error('and no further');
    });
    await expect(failing).rejects.toThrow('and no further');
    expect(await readFence(pool, 'shows')).toMatchObject(legacy);
    await changeOwner(pool, change, 1_000, async (client) => {
      await client.query(`insert into public.done values ('all')`);
    });
    expect((await pool.query('select what from public.done')).rows).toEqual([{ what: 'all' }]);
  });

  test('keeps the deadline by which a switch goes back', async () => {
    const { pool } = await fenced();
    const deadline = Temporal.Instant.from('2031-01-02T03:04:05.678901Z');
    await changeOwner(pool, { unit: 'shows', from: legacy, to: { ...moving, deadline } }, 1_000);
    expect(await readFence(pool, 'shows')).toEqual({ ...moving, deadline });
  });

  test('stays when a writer is not over in time, who is named and not harmed', async () => {
    const { pool, rows } = await fenced();
    const writer = await pool.connect();
    onTestFinished(() => writer.release());
    await writer.query(`begin; set local application_name = 'box office'; ${writes.insert}`);
    const busy = changeOwner(pool, { unit: 'shows', from: legacy, to: moving }, 50);
    await expect(busy).rejects.toThrow(FenceBusy);
    await expect(busy).rejects.toThrow(/\(box office, open for \d+ ms\)/);
    await writer.query('commit');
    expect([await rows(), (await readFence(pool, 'shows'))?.owner]).toEqual([
      [
        { id: 1, title: null },
        { id: 2, title: null },
      ],
      'legacy',
    ]);
  });
});

describe('a fence is raised', () => {
  test('once, however often it is asked for, and refuses to stand in for that of another move', async () => {
    const { pool } = await fenced();
    await raiseFence(pool, plan, legacy);
    await expect(raiseFence(pool, plan, next)).rejects.toThrow(
      'There is a fence of shows already, of legacy in epoch 1',
    );
  });

  test('without keeping writers waiting for long behind somebody who is not over', async () => {
    const { pool } = await aLegacy();
    const writer = await pool.connect();
    onTestFinished(() => writer.release());
    await writer.query(`begin; set local application_name = 'report'; ${writes.insert}`);
    await expect(raiseFence(pool, plan, legacy, 50)).rejects.toThrow(/\(report, open for/);
    await writer.query('commit');
    await raiseFence(pool, plan, legacy, 50);
  });

  test('and tells of every way in which somebody has broken it since', async () => {
    const trigger = 'ticketbuddy_fence_of_shows';
    const breaks = {
      [`drop trigger ${trigger} on "Show"."Halls"`]: '"Show"."Halls" has no fence',
      [`alter table "Show"."Shows" disable trigger ${trigger}`]: 'the fence of "Show"."Shows" is disabled',
      [`alter table "Show"."Shows" enable replica trigger ${trigger}`]: 'the fence of "Show"."Shows" is disabled',
      [`create or replace trigger ${trigger} before insert on "Show"."Shows" for each statement
        execute function ticketbuddy_migration.guard('shows', 'legacy', 'any')`]:
        'the fence of "Show"."Shows" is disabled',
    };
    for (const [sql, fault] of Object.entries(breaks)) {
      const { pool } = await fenced();
      await pool.query(sql);
      expect(await fenceFaults(pool, plan)).toEqual([fault]);
    }
    const { pool } = await fenced({ appliers: ['someone'] });
    expect(await fenceFaults(pool, { ...plan, appliers: ['other'] })).toHaveLength(2);
    expect(await fenceFaults(pool, { ...plan, side: 'next' })).toHaveLength(2);
  });

  test('and removed without a trace, when the last unit is', async () => {
    const { pool, count } = await aLegacy();
    const before = await count();
    await raiseFence(pool, plan, legacy);
    await raiseFence(pool, { ...plan, unit: 'halls', tables: ['"Show"."Halls"'] }, legacy);
    expect(await count()).toBeGreaterThan(before);
    await removeFence(pool, 'shows');
    expect(await fenceFaults(pool, { ...plan, unit: 'halls', tables: ['"Show"."Halls"'] })).toEqual([]);
    await removeFence(pool, 'halls');
    await removeFence(pool, 'halls');
    expect(await count()).toBe(before);
    for (const sql of Object.values(writes)) await inTransaction(pool, sql);
  });
});

/** A role of the server that may log in; it is gone with the test. */
async function aRole(): Promise<string> {
  const { url } = await testDatabase(1);
  const role = `applier_${randomUUID().slice(0, 8)}`;
  const admin = new pg.Client({ connectionString: url.replace(/\/[^/]*$/, '/postgres') });
  await admin.connect();
  await admin.query(`create role ${role} login password 'secret'`);
  onTestFinished(async () => {
    await admin.query(`drop role ${role}`);
    await admin.end();
  });
  return role;
}
