import { setTimeout as delay } from 'node:timers/promises';
import { type SeededRandom, seededRandom } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { copyPass } from './copy-pass.ts';
import { streamPass } from './stream-pass.ts';
import { aGround, aRun, columns, copyAll, expectSame, follow, intoSameTable, seats, textOf } from './test-backfill.ts';
import { createPace } from './throttle.ts';

it('rows that were there and rows that change afterwards arrive', async () => {
  const ground = await aGround();
  await ground.source.pool.query(`insert into "Seats" select i, 'seat ' || i from generate_series(1, 20) as i`);
  const run = await aRun(ground);
  await copyAll(run, 7);
  expect(await textOf(ground.target)).toHaveLength(20);
  await ground.source.pool.query(`insert into "Seats" values (21, 'new'); update "Seats" set name = 'x' where id = 3`);
  await ground.source.pool.query(`delete from "Seats" where id = 4; update "Seats" set id = 40 where id = 5`);
  await follow(ground, run);
  await expectSame(ground);
});

const uuidSeats = `id uuid primary key, name text, price numeric(18,2), rate numeric, at timestamptz, is_sold bool, body jsonb`;
const pairs = `place text collate "und-x-icu", nr int, name text, price numeric(18,2), rate numeric, at timestamptz, is_sold bool,
  body jsonb, primary key (place, nr)`;

const uuids = { definition: uuidSeats, table: seats, key: 'id', newKey: 'gen_random_uuid()', capture: undefined };
const texts = {
  definition: pairs,
  table: { ...seats, key: ['place', 'nr'] },
  key: '(place, nr)',
  newKey: `(array['a', 'B', 'ä', 'Z', '-', 'a b', ''])[1 + floor(random() * 7)], floor(random() * 100)::int`,
  capture: undefined,
};

it.each([
  { what: 'uuids', ...uuids, chunks: 7, seed: 1 },
  { what: 'uuids, row by row', ...uuids, chunks: 1, seed: 2 },
  { what: 'texts in an order of their own, and numbers', ...texts, chunks: 5, seed: 3 },
  { what: 'uuids, by triggers', ...uuids, chunks: 3, seed: 4, capture: 'triggers' as const },
  { what: 'texts in an order of their own, by triggers', ...texts, chunks: 5, seed: 5, capture: 'triggers' as const },
])(
  'while many write, every row arrives as it is: $what',
  async ({ definition, table, key, newKey, chunks, seed, capture }) => {
    const ground = await aGround(definition, table, capture);
    const { pool } = ground.source;
    const values = `md5(random()::text), round((random() * 1e6)::numeric, 2), random()::numeric, clock_timestamp(),
    random() < 0.5, jsonb_build_object('n', random())`;
    const insert = `insert into "Seats" select ${newKey}, ${values} from generate_series(1, $n) as i on conflict do nothing`;
    const one = `${key} = (select ${key.replace(/[()]/g, '')} from "Seats" order by md5(name) limit 1)`;
    await pool.query(insert.replace('$n', '120'));
    const statements = [
      insert.replace('$n', '2'),
      `update "Seats" set name = md5(random()::text), at = at + interval '1 microsecond' where ${one}`,
      `delete from "Seats" where ${one}`,
      `update "Seats" set ${key} = (select ${newKey}) where ${one}`,
      Array.from({ length: 5 }, (_none, n) => `update "Seats" set name = md5('${n}' || name) where ${one}`).join('; '),
    ] as const;
    const writers = startWriters(pool, [...statements], seed);
    const run = await aRun(ground);
    const pace = createPace({ chunkRows: chunks });
    for (let outcome = ''; outcome !== 'complete'; ) {
      await streamPass(run.backfill, run.stream, { transactionsMax: 3 });
      ({ outcome } = await copyPass(run.backfill, pace));
    }
    const written = await writers.stop();
    await follow(ground, run);
    await expectSame(ground);
    expect(written).toBeGreaterThan(20);
  },
);

it('a transaction that is open while its rows are copied arrives when it commits, and leaves nothing when it does not', async () => {
  const ground = await aGround();
  const { pool } = ground.source;
  await pool.query(`insert into "Seats" select i, 'old' from generate_series(1, 10) as i`);
  const run = await aRun(ground);
  const [kept, undone] = [await pool.connect(), await pool.connect()];
  await kept.query(`begin; update "Seats" set name = 'kept' where id < 4; insert into "Seats" values (11, 'kept')`);
  await undone.query(`begin; update "Seats" set name = 'undone' where id = 9; delete from "Seats" where id = 8`);
  await copyAll(run, 3);
  await follow(ground, run);
  await kept.query('commit');
  await undone.query('rollback');
  kept.release();
  undone.release();
  await follow(ground, run);
  await expectSame(ground);
});

it('a row that one transaction inserts, updates five times, moves and deletes in part ends as at the source', async () => {
  const ground = await aGround();
  const run = await aRun(ground);
  await ground.source.pool.query(`begin; insert into "Seats" values (1, '0'), (2, 'gone'), (3, null);
    update "Seats" set name = name || 'a' where id = 1; update "Seats" set name = name || 'b' where id = 1;
    update "Seats" set name = name || 'c' where id = 1; update "Seats" set name = name || 'd' where id = 1;
    update "Seats" set name = name || 'e' where id = 1; delete from "Seats" where id = 2; update "Seats" set id = 2 where id = 3;
    insert into "Seats" values (3, 'again'); commit`);
  await follow(ground, run);
  await expectSame(ground);
  expect(await textOf(ground.target)).toEqual(['(1,0abcde)', '(2,)', '(3,again)']);
});

it('a transaction of very many changes is written in several statements, and ends as at the source', async () => {
  const ground = await aGround();
  const { table, apply } = intoSameTable(seats);
  const sizes: number[] = [];
  const counting: typeof apply = (tx, changes) => {
    sizes.push(changes.length);
    return apply(tx, changes);
  };
  const run = await aRun({ ...ground, tables: [{ table, apply: counting }] });
  await copyAll(run, 7);
  await ground.source.pool.query(`begin; insert into "Seats" select i, 'A' from generate_series(1, 12000) as i;
    update "Seats" set name = 'B' where id % 2 = 0; delete from "Seats" where id % 3 = 0; commit`);
  await follow(ground, run);
  await expectSame(ground);
  expect(sizes).toEqual([10_000, 10_000, 2_000]);
});

it('a table that is emptied during its copy is empty', async () => {
  const ground = await aGround();
  await ground.source.pool.query(`insert into "Seats" select i, 'old' from generate_series(1, 10) as i`);
  const run = await aRun(ground);
  await copyPass(run.backfill, createPace({ chunkRows: 4 }));
  await ground.source.pool.query(`truncate "Seats"; insert into "Seats" values (2, 'new')`);
  await copyAll(run, 4);
  await follow(ground, run);
  await expectSame(ground);
});

it('a change of the schema stops the copy before it reads a row', async () => {
  const ground = await aGround(columns);
  await ground.source.pool.query(`insert into "Seats" values (1, 'A'), (2, 'B')`);
  const run = await aRun(ground);
  await copyPass(run.backfill, createPace({ chunkRows: 1 }));
  await ground.source.pool.query(`alter table "Seats" add price int`);
  await expect(copyPass(run.backfill, createPace())).rejects.toMatchObject({ name: 'SchemaChanged' });
  expect(await textOf(ground.target)).toHaveLength(1);
});

/** Six connections that run the statements in random order, some in transactions, some of which are rolled back. */
function startWriters(pool: pg.Pool, statements: readonly string[], seed: number) {
  let isStopped = false;
  let written = 0;
  const write = async (random: SeededRandom) => {
    const client = await pool.connect();
    while (!isStopped) {
      const chosen = Array.from({ length: 1 + random.below(3) }, () => statements[random.below(statements.length)]);
      const end = random.chance(0.2) ? 'rollback' : 'commit';
      await client.query('begin');
      // Two that lock in different orders, or make the same key: one is undone.
      const failed = await client.query(chosen.join('; ')).then(
        () => false,
        () => true,
      );
      await client.query(failed ? 'rollback' : end);
      written += 1;
      await delay(random.below(10));
    }
    client.release();
  };
  const running = Array.from({ length: 6 }, (_none, n) => write(seededRandom(seed * 100 + n)));
  const stop = async (): Promise<number> => {
    isStopped = true;
    await Promise.all(running);
    return written;
  };
  onTestFinished(async () => void (await stop()));
  return { stop };
}
