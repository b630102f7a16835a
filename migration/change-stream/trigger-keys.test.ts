import { testDatabase } from '@ticketbuddy/testing';
import pg from 'pg';
import { expect, it } from 'vitest';
import type { Change } from './batch.ts';
import { aUnit, capture, take } from './test-source.ts';

const anyCase = `create collation any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`;

it.each([
  ['a name that the statement of the trigger might have', 'k', 'int', '7'],
  ['a type that an extension has made', 'id', 'ltree', `'a.b'`],
  ['a type that is made of another', 'id', 'label', `'a'`],
])(
  'a trigger of the application writes on, and its rows are found, when the key has %s',
  async (_what, key, type, value) => {
    const source = await aTable(
      `${key} ${type} primary key, name text`,
      key,
      `create extension ltree; create domain label as text`,
    );
    const { pool } = source;
    await pool.query(`create function again() returns trigger language plpgsql as $$ begin
      if pg_trigger_depth() = 1 then update seats set name = 'again' where ${key} = new.${key}; end if; return null; end $$;
    create trigger again after insert on seats for each row execute function again()`);
    const stream = await source.open();
    await pool.query(`insert into seats values (${value}, 'once')`);
    const { changes } = await take(stream);
    expect(changes.at(-1)?.row?.name).toBe('again');
  },
);

it.each([
  ['alone', ''],
  ['when a trigger of the application writes too', 'set local ticketbuddy.is_nested = on;'],
])('a key that changes its case is another one, also where case does not matter: %s', async (_what, setting) => {
  const { pool, open } = await aTable('id text collate any_case primary key', 'id', anyCase);
  const stream = await open();
  await pool.query(`insert into seats values ('a')`);
  await take(stream);
  await pool.query(`begin; ${setting} update seats set id = 'A'; commit`);
  const { changes } = await take(stream);
  expect(changes.map(keyOf)).toEqual(['delete a', expect.stringMatching(/^(insert|update) A$/)]);
});

it('rows are told whose texts are compared in several ways', async () => {
  const columns =
    'id text collate any_case, floor text collate "POSIX", name text collate "C", primary key (id, floor)';
  const { pool, open } = await aTable(columns, 'id, floor', anyCase);
  const stream = await open();
  await pool.query(`insert into seats values ('a', '1', 'A')`);
  await pool.query(`update seats set name = 'B'`);
  await take(stream);
  expect((await take(stream)).changes[0]?.row).toEqual({ id: 'a', floor: '1', name: 'B' });
});

it.each([
  ['alone', ''],
  ['when a trigger of the application writes too', 'set local ticketbuddy.is_nested = on;'],
])('rows are told whose table and columns have names of any kind: %s', async (_what, setting) => {
  const key = `i'd`;
  const names = [
    key,
    '%1$s',
    'na"me',
    '$1',
    '$catching$',
    'back\\slash',
    'its_end',
    'vals',
    'touched',
    'told_key',
    'key_1',
  ];
  const [table, ...columns] = [`Se"at's %s`, ...names].map(pg.escapeIdentifier);
  const { url, pool } = await testDatabase();
  await pool.query(`create table ${table} (${columns.map((column) => `${column} text`)}, primary key (${columns[0]}))`);
  const unit = aUnit('triggers', [{ schema: 'public', name: `Se"at's %s`, key: [key] }]);
  const stream = await (await capture(url, pool, unit)).open();
  await pool.query(`begin; ${setting} insert into ${table} values (${names.map(pg.escapeLiteral)}); commit`);
  await pool.query(`begin; ${setting} update ${table} set ${columns[1]} = 'new'; commit`);
  const row = Object.fromEntries(names.map((name) => [name, name]));
  expect((await take(stream)).changes[0]?.row).toEqual(row);
  expect((await take(stream)).changes[0]).toMatchObject({ oldKey: { [key]: key }, row: { ...row, '%1$s': 'new' } });
});

/** A source whose changes triggers capture, with one table. */
async function aTable(columns: string, key: string, before: string) {
  const { url, pool } = await testDatabase();
  await pool.query(`${before}; create table seats (${columns})`);
  return capture(url, pool, aUnit('triggers', [{ schema: 'public', name: 'seats', key: key.split(', ') }]));
}

function keyOf({ operation, oldKey, row }: Change): string {
  return `${operation} ${(row ?? oldKey)?.id}`;
}
