import { isFenced } from '@ticketbuddy/postgres';
import type pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { changeOwner } from './fence.ts';
import { guardSql } from './store.ts';
import { fenced, legacy, moving } from './test-fenced.ts';

const write = `insert into "Show"."Shows" (id) values (2)`;
const close = { unit: 'shows', from: legacy, to: moving } as const;

// What each guard is there for, and the guard as one would write it who does not know that.
const plants = {
  'a transaction that began before the change of owner, and writes after it': {
    flaw: (sql: string) => sql.replace(' for share', ''),
    async writeAround(pool: pg.Pool) {
      const writer = await connect(pool);
      await writer.query('begin isolation level repeatable read; select from "Show"."Shows"');
      await changeOwner(pool, close, 5_000);
      await writer.query(`${write}; commit`);
    },
  },
  'a writer that waited while the owner was changed': {
    flaw: (sql: string) =>
      sql.replace(/ {2}perform pg_advisory_xact_lock_shared\(.*\);\n/, '').replace(
        'select owner, epoch into fence from ticketbuddy_migration.fences where unit = tg_argv[0];',
        `select f.owner, f.epoch into fence from ticketbuddy_migration.fences as f where unit = tg_argv[0]
             and pg_advisory_xact_lock_shared(hashtextextended('ticketbuddy:' || tg_argv[0], 0)) is not null;`,
      ),
    async writeAround(pool: pg.Pool) {
      const [writer, changer] = [await connect(pool), await connect(pool)];
      await changer.query(`begin; select pg_advisory_xact_lock(hashtextextended('ticketbuddy:shows', 0))`);
      await changer.query(`update ticketbuddy_migration.fences set owner = 'moving'`);
      const writing = writer.query(write);
      // It is refused before anybody waits for it.
      writing.catch(() => undefined);
      await expect.poll(() => waiting(pool), { interval: 5 }).toBe(1);
      await changer.query('commit');
      await writing;
    },
  },
  'a transaction that has written, and commits after the change of owner': {
    flaw: (sql: string) => sql.replace(/ {2}perform pg_advisory_xact_lock_shared\(.*\);\n/, ''),
    async writeAround(pool: pg.Pool) {
      const writer = await connect(pool);
      await writer.query(`begin; ${write}`);
      await changeOwner(pool, close, 50);
      await writer.query('commit');
    },
  },
};

describe('nothing gets in after a change of owner', () => {
  test.each(Object.entries(plants))('%s', async (_, { flaw, writeAround }) => {
    expect(flaw(guardSql)).not.toBe(guardSql);
    expect(await getsIn(guardSql, writeAround)).toBe(false);
    expect(await getsIn(flaw(guardSql), writeAround)).toBe(true);
  });

  test('whoever writes in whatever way while the owner changes again and again', { timeout: 60_000 }, async () => {
    const { pool } = await fenced();
    const crowd = startWriters(pool);
    let slipped = 0;
    for (let change = 0; change < 40; change++) {
      await changeOwner(pool, close, 10_000);
      const before = await count(pool);
      await crowd.tryAgain();
      slipped += (await count(pool)) - before;
      await changeOwner(pool, { unit: 'shows', from: moving, to: legacy }, 10_000);
      await crowd.tryAgain();
    }
    const { written, refused } = await crowd.stop();
    expect(slipped).toBe(0);
    expect(Math.min(written, refused)).toBeGreaterThan(100);
    expect(await count(pool)).toBe(1 + written);
  });
});

/** Whether a write is there in the end that the owner's change should have kept out or waited for. */
async function getsIn(guard: string, writeAround: (pool: pg.Pool) => Promise<void>): Promise<boolean> {
  const { pool, rows } = await fenced();
  await pool.query(guard);
  await writeAround(pool).catch(() => undefined);
  const { rows: owners } = await pool.query('select owner from ticketbuddy_migration.fences');
  return owners[0]?.owner === 'moving' && (await rows()).length > 1;
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  const client = await pool.connect();
  onTestFinished(() => client.release(true));
  return client;
}

async function waiting(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query(
    `select count(*)::int as n from pg_locks where locktype = 'advisory' and not granted
     and database = (select oid from pg_database where datname = current_database())`,
  );
  return rows[0].n;
}

async function count(pool: pg.Pool): Promise<number> {
  return (await pool.query('select count(*)::int as n from "Show"."Shows"')).rows[0].n;
}

const ways = ['autocommit', 'read committed', 'repeatable read', 'serializable'] as const;

/** Four writers that never stop, each in a way of its own. */
function startWriters(pool: pg.Pool) {
  let [id, written, refused, isOver] = [1, 0, 0, false];
  const tries = ways.map(() => 0);
  const writers = ways.map(async (way, nth) => {
    const client = await connect(pool);
    while (!isOver) {
      id += 1;
      const outcome = await writeOnce(client, way, id);
      if (outcome === 'written') written += 1;
      else refused += 1;
      tries[nth] = (tries[nth] ?? 0) + 1;
    }
  });
  return {
    /** Is over when each has begun and ended a try since. */
    async tryAgain() {
      const aim = tries.map((done) => done + 2);
      await expect
        .poll(() => tries.every((done, nth) => done >= (aim[nth] ?? 0)), { interval: 1, timeout: 20_000 })
        .toBe(true);
    },
    async stop() {
      isOver = true;
      await Promise.all(writers);
      return { written, refused };
    },
  };
}

async function writeOnce(
  client: pg.PoolClient,
  way: (typeof ways)[number],
  id: number,
): Promise<'written' | 'refused'> {
  const insert = `insert into "Show"."Shows" (id) values (${id})`;
  try {
    if (way === 'autocommit') await client.query(insert);
    else {
      await client.query(`begin isolation level ${way}; select from "Show"."Shows" limit 1`);
      await client.query(insert);
      await client.query('commit');
    }
    return 'written';
  } catch (error) {
    if (way !== 'autocommit') await client.query('rollback');
    if (!isFenced(error) && (error as pg.DatabaseError).code !== '40001') throw error;
    return 'refused';
  }
}
