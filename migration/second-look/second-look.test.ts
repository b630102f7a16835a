import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { testDatabase } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, test } from 'vitest';
import type { Plan } from './plan.ts';
import { secondLook } from './second-look.ts';

const plan: Plan = {
  name: 'seats',
  source: '"Seats"',
  target: 'seats',
  key: { source: 'Id', target: 'id', kind: 'uuid' },
  columns: [
    { source: 'Name', target: 'name', kind: 'text' },
    { source: 'Price', target: 'price_pence', kind: 'integer', as: (text) => text?.replace('.', '') ?? null },
    { source: 'At', target: 'at', kind: 'timestamptz' },
    { source: 'Sold', target: 'sold', kind: 'boolean' },
    { source: 'Fee', target: 'fee', kind: 'numeric' },
  ],
};

test('many rows that are the same are looked at in little memory, and one among them that is not is found', async () => {
  const databases = await twoTables(100_000);
  const before = memoryHeld();
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, memoryHeld());
  }, 200);
  const same = await secondLook(databases, plan);
  clearInterval(watch);
  expect(same).toEqual({
    name: 'seats',
    rows: { source: 100_000, target: 100_000 },
    verdict: 'same',
    diffs: [],
    differing: 0,
  });
  // All rows of one side would be a hundred.
  expect((most - before) / 1e6).toBeLessThan(40);
  await databases.target.query(`update seats set at = at + interval '1 microsecond' where id = md5('50000')::uuid`);
  const { verdict, diffs } = await secondLook(databases, plan);
  expect({ verdict, diffs }).toEqual({
    verdict: 'differs',
    diffs: [
      {
        kind: 'differs',
        key: '1017bfd4-6739-55ff-ee46-41ad3d481b1c',
        columns: [{ column: 'at', source: expect.any(String), target: expect.any(String) }],
      },
    ],
  });
});

test('of many differences some are kept and all are counted', async () => {
  const databases = await twoTables(5_000);
  await databases.target.query('delete from seats');
  const { rows, diffs, differing } = await secondLook(databases, plan, { diffsMax: 10 });
  expect([rows, diffs.length, differing]).toEqual([{ source: 5_000, target: 0 }, 10, 5_000]);
});

test('rows of one key, where nothing keeps them from being several, are compared as a set', async () => {
  const databases = await twoTables(3);
  await databases.source.query(`alter table "Seats" drop constraint "Seats_pkey";
    insert into "Seats" ("Id", "Name") select "Id", given from "Seats", unnest(array['b', 'a', null]) as given`);
  await databases.target.query(`alter table seats drop constraint seats_pkey;
    insert into seats (id, name) select id, given from seats, unnest(array[null, 'a', 'b']) as given`);
  expect(await secondLook(databases, plan)).toMatchObject({ verdict: 'same', rows: { source: 12, target: 12 } });
  await databases.target.query(`update seats set name = 'c' where id = md5('2')::uuid and name = 'a'`);
  expect((await secondLook(databases, plan)).diffs).toMatchObject([{ kind: 'differs', key: expect.any(String) }]);
});

test.each([
  {
    kind: 'text' as const,
    type: 'text collate "und-x-icu"',
    keys: `(array['a', 'B', 'ä', 'Z', '-', 'a b', '', 'é', '😀', '﹏'])[n]`,
  },
  { kind: 'integer' as const, type: 'bigint', keys: `(n - 5) * 1000000000000` },
])('keys that are $kind are merged in an order that both sides have', async ({ kind, type, keys }) => {
  const { source, target } = await twoTables(0);
  for (const pool of [source, target]) {
    await pool.query(
      `create table halls (id ${type} primary key, name text); insert into halls select ${keys}, n::text from generate_series(1, 10) as n`,
    );
  }
  const halls: Plan = {
    name: 'halls',
    source: 'halls',
    target: 'halls',
    key: { source: 'id', target: 'id', kind },
    columns: [{ source: 'name', target: 'name', kind: 'text' }],
  };
  expect(await secondLook({ source, target }, halls)).toMatchObject({
    verdict: 'same',
    rows: { source: 10, target: 10 },
  });
  await target.query(`delete from halls where name in ('1', '6'); update halls set name = 'x' where name = '4'`);
  await source.query(`delete from halls where name in ('2', '10')`);
  const { diffs } = await secondLook({ source, target }, halls);
  expect(diffs.map((diff) => diff.kind).sort()).toEqual(['differs', 'extra', 'extra', 'missing', 'missing']);
});

test('a target that has not come to the position is not looked at', async () => {
  const databases = await twoTables(10);
  const at = (applied: string) => ({ upTo: { position: 'A/10', applied: async () => applied } });
  expect(await secondLook(databases, plan, at('A/F'))).toMatchObject({
    verdict: 'moved',
    rows: { source: 0, target: 0 },
  });
  expect((await secondLook(databases, plan, at('9/FFFFFFFF'))).verdict).toBe('moved');
  expect((await secondLook(databases, plan, at('A/10'))).verdict).toBe('same');
  expect((await secondLook(databases, plan, at('10/0'))).verdict).toBe('same');
});

test('keys that do not come in their order, and values that are not of their kind, are errors and no verdict', async () => {
  const databases = await twoTables(10);
  const wrong = (column: Partial<Plan>): Promise<unknown> => secondLook(databases, { ...plan, ...column });
  await expect(wrong({ key: { ...plan.key, kind: 'integer' } })).rejects.toThrow(RangeError);
  const asText = { source: 'Nr', target: 'nr', kind: 'integer' as const };
  for (const [pool, table] of [
    [databases.source, '"Seats" add "Nr"'],
    [databases.target, 'seats add nr'],
  ] as const) {
    await pool.query(
      `alter table ${table} text; update ${table.split(' ')[0]} set ${table.split(' ')[2]} = ctid::text`,
    );
  }
  await databases.source.query(
    `update "Seats" set "Nr" = row_number from (select "Id" as i, row_number() over () from "Seats") as n where i = "Id"`,
  );
  await databases.target.query(
    `update seats set nr = row_number from (select id as i, row_number() over () from seats) as n where i = id`,
  );
  await expect(wrong({ key: asText })).rejects.toThrow('the key 2 comes after 10');
});

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

function memoryHeld(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function twoTables(rows: number): Promise<{ readonly source: pg.Pool; readonly target: pg.Pool }> {
  const [source, target] = [(await testDatabase()).pool, (await testDatabase()).pool];
  const row = `md5(n::text)::uuid, 'Seat ' || n, @, '2026-06-01 12:00Z'::timestamptz + n * interval '1.000001 second', n % 2 = 0, n::numeric / 100
    from generate_series(1, ${rows}) as n`;
  await source.query(
    `create table "Seats" ("Id" uuid, "Name" text, "Price" numeric(18,2), "At" timestamptz, "Sold" bool, "Fee" numeric)`,
  );
  await source.query(`insert into "Seats" select ${row.replace('@', '(n % 5000) + 0.25')}`);
  await source.query('alter table "Seats" add constraint "Seats_pkey" primary key ("Id")');
  await target.query(
    'create table seats (id uuid, name text, price_pence int, at timestamptz, sold bool, fee numeric)',
  );
  await target.query(`insert into seats select ${row.replace('@', '(n % 5000) * 100 + 25')}`);
  await target.query('alter table seats add constraint seats_pkey primary key (id)');
  return { source, target };
}
