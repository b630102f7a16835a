import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPool, startEmbedded } from '@ticketbuddy/postgres';
import { testDatabase } from '@ticketbuddy/testing';
import { expect, it, onTestFinished } from 'vitest';
import { copyPass } from './copy-pass.ts';
import { streamPass } from './stream-pass.ts';
import { aRun, columns, copyAll, expectSame, follow, groundOf, type Place } from './test-backfill.ts';
import { createPace } from './throttle.ts';
import { sees } from './visibility.ts';

it.each([
  ['100:110:102,105', 99, true],
  ['100:110:102,105', 101, true],
  ['100:110:102,105', 102, false],
  ['100:110:102,105', 110, false],
  ['100:100:', 100, false],
  // The second time that the log's 32 bits have come round.
  ['8589934592:8589934600:8589934595', 2, true],
  ['8589934592:8589934600:8589934595', 3, false],
  ['8589934592:8589934600:', 4294967295, true],
  ['8589934590:8589934591:', 1, false],
])('the snapshot %s shows transaction %i: %s', (snapshot, xid, isSeen) => {
  expect(sees(snapshot, xid)).toBe(isSeen);
});

it('a chunk that does not show yet what was applied already is read again', async () => {
  const source = await aServer();
  const target = await testDatabase();
  await source.pool.query(
    `create table "Seats" (${columns}); insert into "Seats" values (1, 'old'), (2, 'gone'), (3, 'old')`,
  );
  await target.pool.query(`create table "Seats" (${columns})`);
  const ground = groundOf(source, target);
  const run = await aRun(ground);
  const pace = createPace({ chunkRows: 10 });

  // A commit that waits for a standby stands in the log, and nobody sees it.
  const client = await source.pool.connect();
  const { rows } = await client.query('select pg_backend_pid() as pid');
  await client.query('set synchronous_commit = on');
  const writing = client.query(`begin; update "Seats" set name = 'new' where id = 1; delete from "Seats" where id = 2;
    update "Seats" set id = 4 where id = 3; commit`);
  const { transactions, changes } = await streamPass(run.backfill, run.stream, { waitMs: 10_000 });
  expect([transactions, changes]).toEqual([1, 4]);
  expect((await copyPass(run.backfill, pace)).outcome).toBe('reread');
  await run.close();

  // Whoever goes on after a kill knows it too.
  const next = await aRun(ground);
  expect((await copyPass(next.backfill, pace)).outcome).toBe('reread');
  await source.pool.query('select pg_cancel_backend($1)', [rows[0].pid]);
  await writing;
  client.release(true);
  expect((await copyPass(next.backfill, pace)).outcome).toBe('copied');
  await copyAll(next, 10);
  await expectSame(ground);
  await follow(ground, next);
  await expectSame(ground);
});

/** A server whose standby never comes; only who wants to waits for it. */
async function aServer(): Promise<Place> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'ticketbuddy-source-'));
  const settings = { fsync: 'off', synchronous_standby_names: 'nobody', synchronous_commit: 'local' };
  const { url, stop } = await startEmbedded({ dataFolder, settings });
  const pool = createPool({ url, connections: 5 });
  onTestFinished(async () => {
    await pool.end();
    await stop();
    await rm(dataFolder, { recursive: true, force: true, maxRetries: 5 });
  });
  return { url, pool };
}
