import { heartbeat } from '@ticketbuddy/change-stream';
import { Killed, type KillPoint, killedAt, listKillPoints } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, it } from 'vitest';
import type { Reject } from './backfill.ts';
import { begin } from './begin.ts';
import { copyPass } from './copy-pass.ts';
import { readCheckpoint } from './store.ts';
import { streamPass } from './stream-pass.ts';
import {
  aGround,
  aRun,
  expectSame,
  follow,
  type Ground,
  intoSameTable,
  type Run,
  schema,
  seats,
  textOf,
} from './test-backfill.ts';
import { createPace } from './throttle.ts';
import { openWriter } from './writer.ts';

it.each(['before', 'after'] as const)(
  'killed %s any statement and started anew, each chunk and each change is applied once',
  async (when) => {
    const ground = withLog(await aGround());
    const { source, target } = ground;
    await target.pool.query('create table log (id int, name text, operation text)');
    await source.pool.query(`insert into "Seats" select i, 'old' from generate_series(1, 12) as i`);
    await (await aRun(ground)).close();
    for (let n = 1; n <= 12; n++) {
      await source.pool.query(`begin; update "Seats" set name = 'v${n}' where id = ${n}; update "Seats" set name = name || '!'
        where id = ${n}; insert into "Seats" values (${100 + n}, 'new'); delete from "Seats" where id = ${99 + n}; commit`);
    }
    const beat = await heartbeat(source.pool, ground.unit);
    const kills: KillPoint[] = [];
    for (let statements = 3; !(await isDone(ground, beat)); statements = statements > 45 ? 3 : statements + 1) {
      const at = await killedWhere(ground, when, statements);
      if (at) kills.push({ at, end: 'each chunk and change applied once' });
    }
    expect(kills.length).toBeGreaterThan(10);
    await listKillPoints(`who copies and applies, ${when} a statement`, kills);
    const run = await aRun(ground);
    await follow(ground, run);
    await expectSame(ground);
    const { rows } =
      await target.pool.query(`select count(*)::int as n, count(distinct (id, name, operation))::int as distinct
      from log where operation <> 'insert' or id between 100 and 111`);
    expect(rows).toEqual([{ n: 46, distinct: 46 }]);
    const copied = await target.pool.query(`select rows_copied from ${schema}.copies`);
    const logged = await target.pool.query(`select count(*)::int as n from log where operation = 'insert' and id < 13`);
    expect([copied.rows[0].rows_copied, logged.rows[0].n]).toEqual([13, 12]);
  },
);

it('a beginning that is killed at any statement is begun again, with one slot and one position', async () => {
  const ground = await aGround();
  const { source, target, unit } = ground;
  await source.pool.query(`insert into "Seats" values (1, 'old')`);
  const kills: KillPoint[] = [];
  for (const when of ['before', 'after'] as const) {
    for (let statements = 1; ; statements++) {
      const at = await beginKilledWhere(ground, when, statements);
      if (!at) break;
      kills.push({ at, end: 'begun again, one slot and one position' });
    }
  }
  expect(kills.length).toBeGreaterThan(10);
  await listKillPoints('who begins a copy', kills);
  await source.pool.query(`insert into "Seats" values (2, 'new')`);
  const run = await aRun(ground);
  await follow(ground, run);
  expect(await textOf(target)).toEqual(['(2,new)']);
  const { rows } = await source.pool.query(
    `select count(*)::int as n from pg_replication_slots where slot_name like '%${unit.name}'`,
  );
  expect(rows).toEqual([{ n: 1 }]);
});

/** Notes every change that is applied, in the same transaction: one that is applied twice is there twice. */
function withLog(ground: Ground): Ground {
  const { table, apply } = intoSameTable(seats);
  const logged = async (tx: pg.PoolClient, changes: Parameters<typeof apply>[1]): Promise<readonly Reject[]> => {
    for (const { operation, row, oldKey } of changes) {
      await tx.query('insert into log values ($1, $2, $3)', [row?.id ?? oldKey?.id, row?.name, operation]);
    }
    return apply(tx, changes);
  };
  return { ...ground, tables: [{ table, apply: logged }] };
}

async function killedWhere(ground: Ground, when: 'before' | 'after', statements: number): Promise<string | undefined> {
  const mortal = killedAt(statements, when);
  const run = async () => {
    const run = await aRun(ground, {
      source: mortal.pool(ground.source.pool),
      target: mortal.pool(ground.target.pool),
    });
    await onePassOfEach(run).finally(() => run.close());
  };
  await untilKilled(run);
  return mortal.at;
}

async function beginKilledWhere(
  { source, target, unit, tables }: Ground,
  when: 'before' | 'after',
  statements: number,
): Promise<string | undefined> {
  const mortal = killedAt(statements, when);
  await untilKilled(async () => {
    const writer = await openWriter({ pool: mortal.pool(target.pool), schema, unit: unit.name });
    await begin({ source: mortal.pool(source.pool), writer, unit, tables }).finally(() => writer.close());
  });
  return mortal.at;
}

async function untilKilled(run: () => Promise<void>): Promise<void> {
  await run().catch((error: unknown) => {
    if (!(error instanceof Killed)) throw error;
  });
}

async function onePassOfEach({ backfill, stream }: Run): Promise<void> {
  await streamPass(backfill, stream, { transactionsMax: 2, waitMs: 100 });
  await copyPass(backfill, createPace({ chunkRows: 5 }));
}

async function isDone({ target, unit }: Ground, beat: number): Promise<boolean> {
  const checkpoint = await readCheckpoint(target.pool, { schema, unit: unit.name });
  const { rows } = await target.pool.query(`select is_complete from ${schema}.copies`);
  return rows[0].is_complete && (checkpoint?.heartbeat?.beat ?? 0) >= beat;
}
