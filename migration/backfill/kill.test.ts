import { heartbeat } from '@ticketbuddy/change-stream';
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

class Killed extends Error {}

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
    let kills = 0;
    for (let statements = 3; !(await isDone(ground, beat)); statements = statements > 45 ? 3 : statements + 1) {
      if (await isKilled(ground, when, statements)) kills += 1;
    }
    expect(kills).toBeGreaterThan(10);
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
  let kills = 0;
  for (const when of ['before', 'after'] as const) {
    for (let statements = 1; await isBeginKilled(ground, when, statements); statements++) kills += 1;
  }
  expect(kills).toBeGreaterThan(10);
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

async function isKilled(ground: Ground, when: 'before' | 'after', statements: number): Promise<boolean> {
  const { source, target, pools } = { ...ground, pools: killedAfter(statements, when) };
  try {
    const run = await aRun(ground, { source: pools(source.pool), target: pools(target.pool) });
    await onePassOfEach(run).finally(() => run.close());
    return false;
  } catch (error) {
    if (error instanceof Killed) return true;
    throw error;
  }
}

async function isBeginKilled({ source, target, unit, tables }: Ground, when: 'before' | 'after', statements: number) {
  const pools = killedAfter(statements, when);
  try {
    const writer = await openWriter({ pool: pools(target.pool), schema, unit: unit.name });
    await begin({ source: pools(source.pool), writer, unit, tables }).finally(() => writer.close());
    return false;
  } catch (error) {
    if (error instanceof Killed) return true;
    throw error;
  }
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

/** Pools of a process that ends before or after so many statements: from then on it does nothing, and its connections break. */
function killedAfter(statements: number, when: 'before' | 'after'): (pool: pg.Pool) => pg.Pool {
  let left = statements;
  const counted = async (run: () => Promise<unknown>): Promise<unknown> => {
    if (left <= 0) throw new Killed();
    left -= 1;
    if (left > 0) return run();
    if (when === 'after') await run();
    throw new Killed();
  };
  const watch = <T extends pg.Pool | pg.PoolClient>(of: T): T =>
    new Proxy(of, {
      get(object, name) {
        if (name === 'connect') return async () => watch((await (object as pg.Pool).connect()) as pg.PoolClient);
        if (name === 'release') return () => (object as pg.PoolClient).release(true);
        const member = Reflect.get(object, name);
        if (typeof member !== 'function') return member;
        if (name === 'query') return (...args: unknown[]) => counted(() => member.apply(object, args));
        return member.bind(object);
      },
    });
  return watch;
}
