import type { Change, Row } from '@ticketbuddy/change-stream';
import { expect, it } from 'vitest';
import { aGround, aRun, copyAll, expectSame, follow, intoSameTable, seats } from './test-backfill.ts';

const columns = `id uuid primary key, price numeric(18,2), rate numeric, at timestamptz, note text, seats int, is_open bool,
  body jsonb, share float8, span interval, bytes bytea, code char(4)`;

const rows = [
  `1234567890123456.70, 0.10000000000000000000001, '2031-01-02 19:00:00.123456+02', 'two spaces  ', -7, true,
    '{"b": 1.10, "a": null}', 0.1, '1 day 00:00:00.000001', '\\x00ff', 'ab'`,
  `0, 'NaN', 'infinity', '', 0, false, '[]', 1e300, '-1 month', '', ''`,
  `-0.01, 1.10, '-infinity', E'\\uFEFF👩‍👩‍👧 e\\u0301', 2147483647, null, '"é"', 'Infinity', null, null, null`,
  `null, null, null, null, null, null, null, null, null, null, null`,
];

it('a row is the same text whether it comes by a chunk or by the stream, whatever the source writes by habit', async () => {
  const ground = await aGround(columns);
  const { pool } = ground.source;
  const name = new URL(ground.source.url).pathname.slice(1);
  await pool.query(`alter database ${name} set intervalstyle = 'iso_8601'; alter database ${name} set bytea_output = 'escape';
    alter database ${name} set extra_float_digits = -5`);
  // A connection that was opened since then.
  await pool.query('select pg_terminate_backend(pg_backend_pid())').catch(() => undefined);
  for (const row of rows) await pool.query(`insert into "Seats" values (gen_random_uuid(), ${row})`);
  const seen: Row[] = [];
  const { table, apply } = intoSameTable(seats);
  const noting = (tx: Parameters<typeof apply>[0], changes: readonly Change[]) => {
    seen.push(...changes.map(({ row }) => row as Row));
    return apply(tx, changes);
  };
  const run = await aRun({ ...ground, tables: [{ table, apply: noting }] });
  await copyAll(run, 3);
  await expectSame(ground);
  const byChunk = seen.splice(0);
  for (const { id } of byChunk) await pool.query('update "Seats" set id = id where id = $1', [id]);
  await follow(ground, run);
  expect([byChunk.length, seen]).toEqual([rows.length, byChunk]);
  await expectSame(ground);
});
