import { expect, it } from 'vitest';
import type { TableMapping } from './mapping.ts';
import { aMove, cutWriter, rejectReasons, rowsOf, two } from './test-mapping.ts';

const shows: TableMapping = {
  legacy: { schema: 'public', name: 'Show', key: ['Place', 'Nr'] },
  next: { schema: 'public', name: 'shows', key: ['place', 'nr'] },
  columns: [
    { legacy: 'Place', next: 'place', kind: 'text', legacyType: 'text' },
    { legacy: 'Nr', next: 'nr', kind: 'integer', legacyType: 'int' },
    { legacy: 'Name', next: 'name', kind: 'text', legacyType: 'text' },
    {
      legacy: 'Starts',
      next: 'starts_at',
      kind: 'timestamptz',
      legacyType: 'timestamptz',
      refuse: (text) => (text.endsWith('BC') ? `${text} is too long ago` : undefined),
    },
    {
      legacy: 'Price',
      next: 'pence',
      kind: 'integer',
      legacyType: 'numeric',
      nextType: 'bigint',
      toNext: (pounds) => `(${pounds} * 100)::bigint`,
      toLegacy: (pence) => `(${pence} / 100.0)::numeric`,
      refuse: (text) => (text === 'NaN' ? 'a price is a number' : undefined),
    },
  ],
  nextOnly: { carried: 'true' },
};

const tables = {
  legacy: `create table "Show" ("Place" text, "Nr" int, "Name" text, "Starts" timestamptz, "Price" numeric, primary key ("Place", "Nr"))`,
  next: `create table shows (place text, nr int, name text, starts_at timestamptz, pence bigint, carried boolean default false,
    version bigint default 1, primary key (place, nr), check (name <> 'forbidden'))`,
};

const manyRows = `insert into "Show" select (array['a', 'Ä', E't\\tb', E'n\\nl', E'b\\\\s', '\\N', '', '.', '"'])[1 + i % 9], i,
  (array[E'\\uFEFF👩‍👩‍👧', 'two  ', null, E'\\\\.', E'\\x01\\x7f\\r\\n\\v\\f\\b'])[1 + i % 5], '2031-01-01'::timestamptz + i * interval '1.000001 s',
  (i % 700) / 100.0 from generate_series(1, 500) as i`;

it('rows that come by COPY are the same as by the usual statement, whatever their texts have in them', async () => {
  const [quick, usual] = [await two(shows, tables), await two(shows, tables)];
  for (const { legacy } of [quick, usual]) await legacy.pool.query(manyRows);
  const move = await aMove(quick);
  await move.copyAll(200);
  await (await aMove(usual, { around: ({ load: _without, ...target }) => target })).copyAll(200);
  const rows = await rowsOf(quick.next, shows.next);
  expect(rows).toEqual(await rowsOf(usual.next, shows.next));
  expect(rows).toHaveLength(500);
  // The first row of each chunk goes by the usual statement.
  expect(move.loads.map(({ written, others }) => [written, others.length])).toEqual([
    [199, 1],
    [199, 1],
    [99, 1],
  ]);
});

it('a row that is there already, is refused or would not come back goes the usual way, and the others quickly', async () => {
  const systems = await two(shows, tables);
  await systems.legacy.pool.query(`insert into "Show" values ('a', 0, '', null, null), ('a', 1, 'there', null, 1),
    (E'a\\tb', 2, 'there too', null, 1), ('b', 3, 'too old', '0044-03-15 BC', 1), ('c', 4, 'odd', null, 0.001), ('d', 5, 'fine', null, 1)`);
  await systems.next.pool.query(
    `insert into shows (place, nr, name, version) values ('a', 1, 'old', 7), (E'a\\tb', 2, 'old', 7)`,
  );
  const move = await aMove(systems);
  await move.copyAll();
  expect(move.loads).toMatchObject([
    { written: 1, others: [{ Nr: '0' }, { Nr: '1' }, { Nr: '2' }, { Nr: '3' }, { Nr: '4' }] },
  ]);
  expect(await rejectReasons(systems)).toEqual([
    '["b","3"] Starts: 0044-03-15 00:00:00+00 BC is too long ago',
    '["c","4"] its values would not come back as they were',
  ]);
  const rows = await rowsOf(systems.next, shows.next);
  expect(rows.map(({ name, version, carried }) => [name, version, carried])).toEqual([
    ['there too', '7', 't'],
    ['', '1', 't'],
    ['there', '7', 't'],
    ['fine', '1', 't'],
  ]);
});

it.each([
  [
    'the target refuses',
    `('b', 2, 'forbidden', null, 1)`,
    '["b","2"] new row for relation "shows" violates check constraint "shows_check"',
  ],
  ['the source cannot convert', `('b', 2, '', null, 'NaN')`, '["b","2"] Price: a price is a number'],
])('one row that %s is found, and the rest of its chunk is written', async (_what, row, reason) => {
  const systems = await two(shows, { ...tables, next: tables.next.replace('check', 'constraint shows_check check') });
  await systems.legacy.pool.query(`insert into "Show" values ('a', 1, '', null, 1), ${row}, ('c', 3, '', null, 1)`);
  const move = await aMove(systems);
  await move.copyAll();
  expect(move.loads).toMatchObject([{ written: 0, others: { length: 3 } }]);
  expect(await rejectReasons(systems)).toEqual([reason]);
  expect((await rowsOf(systems.next, shows.next)).map(({ nr }) => nr)).toEqual(['1', '3']);
});

it.each([
  ['another type', 'name text', 'name varchar(100)'],
  ['a shorter one', 'starts_at timestamptz', 'starts_at timestamptz(3)'],
])('a column of %s in the target is left to the usual statement', async (_what, from, to) => {
  const systems = await two(shows, { ...tables, next: tables.next.replace(from, to) });
  await systems.legacy.pool.query(manyRows.replace("E'\\\\x01\\\\x7f", "E'\\\\x01\\\\x7f"));
  const move = await aMove(systems);
  await move.copyAll();
  expect(move.loads.map(({ written }) => written)).toEqual([0]);
  expect(await rowsOf(systems.next, shows.next)).toHaveLength(500);
});

it('whoever stands before the usual way and holds rows back holds back the whole chunk', async () => {
  const systems = await two(shows, tables);
  await systems.legacy.pool.query(manyRows);
  const move = await aMove(systems, {
    around: (target) => ({
      ...target,
      apply: async (_tx, changes) => changes.map((change) => ({ change, reason: 'not now' })),
    }),
  });
  await move.copyAll();
  expect([move.loads, (await rowsOf(systems.next, shows.next)).length]).toEqual([[], 0]);
  expect(await rejectReasons(systems)).toHaveLength(500);
});

it('a row that was rejected before its chunk came, and was mended, is rejected no longer', async () => {
  const systems = await two(shows, tables);
  await systems.legacy.pool.query(
    `insert into "Show" values ('a', 1, '', null, 1), ('b', 2, '', null, 1), ('c', 3, '', null, 1)`,
  );
  const move = await aMove(systems);
  await systems.legacy.pool.query(`update "Show" set "Name" = 'forbidden' where "Nr" = 2`);
  await move.follow();
  expect(await rejectReasons(systems)).toHaveLength(1);
  await systems.legacy.pool.query(`update "Show" set "Name" = 'fine' where "Nr" = 2`);
  await move.copyAll();
  expect(await rejectReasons(systems)).toEqual([]);
  await move.follow();
  expect((await rowsOf(systems.next, shows.next)).map(({ name }) => name)).toEqual(['', 'fine', '']);
});

it('a writer that is cut off in the middle of a load leaves nothing of the chunk, and it comes again', async () => {
  const systems = await two(shows, tables);
  await systems.legacy.pool.query(manyRows);
  let cuts = 0;
  const move = await aMove(systems, {
    around: (target) => ({
      ...target,
      async load(...asked) {
        const loaded = await target.load?.(...asked);
        if (cuts++ === 0) await cutWriter(systems.next.pool);
        return loaded ?? { written: 0, others: [] };
      },
    }),
  });
  await expect(move.copyAll(200)).rejects.toThrow();
  expect(await rowsOf(systems.next, shows.next)).toEqual([]);
  await move.copyAll(200);
  expect(await rowsOf(systems.next, shows.next)).toHaveLength(500);
});
