import { randomUUID } from 'node:crypto';
import type { Row } from '@ticketbuddy/change-stream';
import { withTransaction } from '@ticketbuddy/postgres';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { TableMapping } from './mapping.ts';
import { readBack } from './store.ts';
import { apply, deletion, dropTwo, inserts, openTwo, rowsOf, type Two, two } from './test-mapping.ts';

const things: TableMapping = {
  legacy: { schema: 'public', name: 'Thing', key: ['Id'] },
  next: { schema: 'public', name: 'things', key: ['id'] },
  columns: [
    { legacy: 'Id', next: 'id', kind: 'uuid', legacyType: 'uuid' },
    { legacy: 'Name', next: 'name', kind: 'text', legacyType: 'text' },
    { legacy: 'Count', next: 'count', kind: 'integer', legacyType: 'bigint' },
    { legacy: 'Rate', next: 'rate', kind: 'numeric', legacyType: 'numeric' },
    { legacy: 'At', next: 'at', kind: 'timestamptz', legacyType: 'timestamptz' },
    { legacy: 'Open', next: 'is_open', kind: 'boolean', legacyType: 'boolean' },
    { legacy: 'Bytes', next: 'bytes', kind: 'bytea', legacyType: 'bytea' },
    { legacy: 'Body', next: 'body', kind: 'jsonb', legacyType: 'jsonb' },
    {
      legacy: 'Price',
      next: 'pence',
      kind: 'integer',
      legacyType: 'numeric(18,2)',
      nextType: 'bigint',
      toNext: (pounds) => `(${pounds} * 100)::bigint`,
      toLegacy: (pence) => `(${pence} / 100.0)::numeric(18,2)`,
    },
  ],
};

const tables = {
  legacy: `create table "Thing" ("Id" uuid primary key, "Name" text, "Count" bigint, "Rate" numeric, "At" timestamptz,
    "Open" boolean, "Bytes" bytea, "Body" jsonb, "Price" numeric(18,2))`,
  next: `create table things (id uuid primary key, name text, count bigint, rate numeric, at timestamptz, is_open boolean,
    bytes bytea, body jsonb, pence bigint)`,
};

function aThing(values: Row = {}): Row {
  const nothing = { Name: null, Count: null, Rate: null, At: null, Open: null, Bytes: null, Body: null, Price: null };
  return { Id: randomUUID(), ...nothing, ...values };
}

let systems: Two;

beforeAll(async () => {
  systems = await openTwo(things, tables);
});

beforeEach(async () => {
  await systems.legacy.pool.query('truncate "Thing"');
  await systems.next.pool.query('truncate things');
});

afterAll(() => dropTwo(systems));

it.each([
  ['text', 'Name', ['', ' two  ', '\uFEFFé e\u0301 👩‍👩‍👧', "tab\t line\n 'quote' \\N \\"]],
  ['integer', 'Count', ['0', '-1', '9223372036854775807', '-9223372036854775808']],
  ['numeric', 'Rate', ['0.10', '0.100', '1e-20', 'NaN', '12345678901234567890.123456789'].map(asNumeric)],
  [
    'timestamptz',
    'At',
    [
      '2031-01-02 17:00:00.123456+00',
      '0001-01-01 00:00:00+00',
      '9999-12-31 23:59:59.999999+00',
      'infinity',
      '-infinity',
    ],
  ],
  ['boolean', 'Open', ['t', 'f']],
  ['bytea', 'Bytes', ['\\x', '\\x00ff5c']],
  ['jsonb', 'Body', ['{"a": 1.10, "b": null}', '"é"', '[]', 'null']],
  ['pounds', 'Price', ['0.00', '-0.01', '90071992547409.93']],
])('a value of the kind %s goes over and comes back as the very text', async (_kind, column, values) => {
  await systems.legacy.pool.query(
    `insert into "Thing" ("Id", "${column}") select gen_random_uuid(), v from unnest($1::text[]::${typeOf(column)}[]) as v`,
    [values],
  );
  const before = await rowsOf(systems.legacy, things.legacy);
  expect(before.map((row) => row[column]).sort()).toEqual([...values].sort());
  expect(await apply(systems, 'next', inserts(things.legacy, before))).toEqual([]);
  await systems.legacy.pool.query('truncate "Thing"');
  const there = await rowsOf(systems.next, things.next);
  expect(await apply(systems, 'legacy', inserts(things.next, there))).toEqual([]);
  expect(await rowsOf(systems.legacy, things.legacy)).toEqual(before);
});

function asNumeric(text: string): string {
  return text === '1e-20' ? '0.00000000000000000001' : text;
}

function typeOf(column: string): string {
  return things.columns.find(({ legacy }) => legacy === column)?.legacyType ?? '';
}

it('of a thousand rows the three that the database refuses are found, and all others are written', async () => {
  const systems = await two(things, { ...tables, next: `${tables.next}; alter table things add check (count <> 13)` });
  const rows = Array.from({ length: 1_000 }, (_, nth) =>
    aThing({ Count: [7, 500, 999].includes(nth) ? '13' : `${-nth}` }),
  );
  const rejects = await apply(systems, 'next', inserts(things.legacy, rows));
  expect(rejects.map(({ change, reason }) => [change.row, reason])).toEqual(
    [7, 500, 999].map((nth) => [rows[nth], expect.stringContaining('things_count_check')]),
  );
  expect(await rowsOf(systems.next, things.next)).toHaveLength(997);
});

it('a value that would come back as another one is rejected with its row, and only that row', async () => {
  const halves: TableMapping = {
    ...things,
    columns: things.columns.map((column) =>
      column.legacy === 'Price' ? { ...column, legacyType: 'numeric' } : column,
    ),
  };
  const systems = await two(halves, tables);
  const rows = [aThing({ Price: '1.25' }), aThing({ Price: '1.255' })];
  const rejects = await apply(systems, 'next', inserts(things.legacy, rows));
  expect(rejects).toMatchObject([{ change: { row: rows[1] }, reason: 'its values would not come back as they were' }]);
  expect((await rowsOf(systems.next, things.next)).map(({ pence }) => pence)).toEqual(['125']);
});

it('a value that the mapping refuses is never given to the database, and its column is named', async () => {
  const strict: TableMapping = {
    ...things,
    columns: things.columns.map((column) =>
      column.legacy === 'Name'
        ? { ...column, refuse: (text: string) => (text === '' ? 'nobody is called nothing' : undefined) }
        : column,
    ),
  };
  const systems = await two(strict, tables);
  const rows = [aThing({ Name: '' }), aThing({ Name: 'x' }), aThing({ Name: null })];
  const rejects = await apply(systems, 'next', inserts(things.legacy, rows));
  expect(rejects).toMatchObject([{ change: { row: rows[0] }, reason: 'Name: nobody is called nothing' }]);
  expect(await rowsOf(systems.next, things.next)).toHaveLength(2);
});

it('what is wrong with no row is thrown, and nothing is written', async () => {
  const odd = await two(things, { ...tables, next: tables.next.replace('pence', 'pennies') });
  await expect(apply(odd, 'next', inserts(things.legacy, [aThing()]))).rejects.toMatchObject({ code: '42703' });
});

it('read back, a row is the same, is not there, or has other columns, which are named', async () => {
  const row = aThing({ Name: 'x', Price: '1.10' });
  const read = () => withTransaction(systems.next.pool, (tx) => readBack(tx, things, 'next', row));
  const said = [await read()];
  await apply(systems, 'next', inserts(things.legacy, [row]));
  said.push(await read());
  await systems.next.pool.query('update things set pence = 111, name = null');
  said.push(await read());
  expect(said).toEqual(['is not there', undefined, 'has another name, pence']);
});

it('what only the new system has is written with each row that comes, and again with each change of it', async () => {
  const carried: TableMapping = { ...things, nextOnly: { carried: 'true', label: `'from afar'` } };
  const next = `${tables.next}; alter table things add carried boolean not null default false, add label text`;
  const systems = await two(carried, { ...tables, next });
  const row = aThing({ Name: 'a' });
  await apply(systems, 'next', inserts(things.legacy, [row]));
  await systems.next.pool.query(`update things set carried = false, label = 'ours'`);
  await apply(systems, 'next', inserts(things.legacy, [{ ...row, Name: 'b' }]));
  expect(await rowsOf(systems.next, things.next)).toMatchObject([{ name: 'b', carried: 't', label: 'from afar' }]);
  await apply(systems, 'legacy', inserts(things.next, await rowsOf(systems.next, things.next)));
  expect(await rowsOf(systems.legacy, things.legacy)).toMatchObject([{ ...row, Name: 'b' }]);
});

it('rows are deleted by their keys, and one that is not there is no fault', async () => {
  const rows = [aThing(), aThing(), aThing()];
  await apply(systems, 'next', inserts(things.legacy, rows));
  const gone = [rows[0]?.Id ?? '', rows[2]?.Id ?? '', randomUUID()];
  await apply(
    systems,
    'next',
    gone.map((Id) => deletion(things.legacy, { Id })),
  );
  expect((await rowsOf(systems.next, things.next)).map(({ id }) => id)).toEqual([rows[1]?.Id]);
});

it('a table that is emptied has what came after that', async () => {
  await apply(systems, 'next', inserts(things.legacy, [aThing(), aThing()]));
  const [old, fresh] = inserts(things.legacy, [aThing(), aThing({ Name: 'new' })]);
  const truncate = { table: '"public"."Thing"', operation: 'truncate', oldKey: null, row: null } as const;
  if (old && fresh) await apply(systems, 'next', [old, truncate, fresh]);
  expect((await rowsOf(systems.next, things.next)).map(({ name }) => name)).toEqual(['new']);
});

it('a table that is all key keeps each row once', async () => {
  const pairs: TableMapping = {
    legacy: { schema: 'public', name: 'Pair', key: ['One', 'Other'] },
    next: { schema: 'public', name: 'pairs', key: ['one', 'other'] },
    columns: [
      { legacy: 'Other', next: 'other', kind: 'integer', legacyType: 'int' },
      { legacy: 'One', next: 'one', kind: 'text', legacyType: 'text' },
    ],
  };
  const systems = await two(pairs, {
    legacy: 'create table "Pair" ("One" text, "Other" int, primary key ("One", "Other"))',
    next: 'create table pairs (one text, other int, primary key (one, other))',
  });
  const rows = [
    { One: 'a', Other: '1' },
    { One: 'a', Other: '2' },
  ];
  expect(await apply(systems, 'next', inserts(pairs.legacy, rows))).toEqual([]);
  expect(await apply(systems, 'next', inserts(pairs.legacy, rows))).toEqual([]);
  await apply(systems, 'next', [deletion(pairs.legacy, { One: 'a', Other: '1' })]);
  expect(await rowsOf(systems.next, pairs.next)).toEqual([{ one: 'a', other: '2' }]);
});

it.each([
  ['NaN, of which there is no integer', { Rate: 'NaN' }],
  [
    'a text that is too long for an index',
    { Name: Array.from({ length: 9_000 }, (_none, nth) => (nth * nth * 7_919).toString(36)).join('') },
  ],
])('a row is set aside for what its type or an index does not take: %s', async (_what, values) => {
  const rounded: TableMapping = {
    ...things,
    columns: [
      { legacy: 'Id', next: 'id', kind: 'uuid', legacyType: 'uuid' },
      { legacy: 'Name', next: 'name', kind: 'text', legacyType: 'text' },
      {
        legacy: 'Rate',
        next: 'rate',
        kind: 'integer',
        legacyType: 'numeric',
        nextType: 'bigint',
        toNext: (rate) => `(${rate} * 100)::bigint`,
        toLegacy: (rate) => `(${rate} / 100.0)::numeric`,
      },
    ],
  };
  const systems = await two(rounded, {
    legacy: 'create table "Thing" ("Id" uuid primary key, "Name" text, "Rate" numeric)',
    next: 'create table things (id uuid primary key, name text, rate bigint); create index on things (name)',
  });
  const [sound, other] = [randomUUID(), randomUUID()];
  const rows = [
    { Id: sound, Name: 'a', Rate: '1' },
    { Id: other, Name: 'b', Rate: '1', ...values },
  ];
  const rejects = await apply(systems, 'next', inserts(rounded.legacy, rows));
  expect(rejects.map(({ change }) => change.row?.Id)).toEqual([other]);
  expect((await rowsOf(systems.next, rounded.next)).map((row) => row.id)).toEqual([sound]);
});
