import { readFile } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { openDatabase } from './store.ts';
import { aLegacy } from './test-legacy.ts';

const recorded = async (name: string) =>
  JSON.parse(await readFile(new URL(`../../testing/captures/${name}`, import.meta.url), 'utf8'));

const columnsSql = `
  select c.table_schema as schema, c.table_name as "table", c.column_name as "column",
    case when c.character_maximum_length is not null then format('%s(%s)', c.data_type, c.character_maximum_length)
         when c.numeric_scale is not null and c.data_type = 'numeric'
         then format('%s(%s,%s)', c.data_type, c.numeric_precision, c.numeric_scale) else c.data_type end as type,
    c.is_nullable = 'YES' as nullable, c.column_default as "default",
    exists (select 1 from information_schema.key_column_usage k
            where (k.table_schema, k.table_name, k.column_name) = (c.table_schema, c.table_name, c.column_name)) as primary_key
  from information_schema.columns c
  where c.table_schema in ('Event', 'Ticket', 'User') or c.table_name = 'schemaversions'
  order by c.table_schema, c.table_name, c.ordinal_position`;

it('the tables are the recorded ones, and starting again changes nothing', async () => {
  const { pool, databaseUrl } = await aLegacy({});
  const again = await openDatabase(databaseUrl);
  onTestFinished(() => again.end());
  const { rows } = await pool.query(columnsSql);
  expect(sorted(rows)).toEqual(sorted(await recorded('db-columns.json')));
});

it('the venues are the recorded ones, in both schemas', async () => {
  const { pool } = await aLegacy({});
  const rows = await recorded('db-rows.json');
  for (const table of ['"Event"."EventVenues"', '"Ticket"."EventVenues"']) {
    expect((await pool.query(`select * from ${table} order by "Id"`)).rows).toEqual(rows[table]);
  }
});

it('nothing but the primary keys is indexed, and no table refers to another', async () => {
  const { pool } = await aLegacy({});
  const { rows } = await pool.query(
    `select contype, conname from pg_constraint c join pg_namespace n on n.oid = c.connamespace
     where nspname in ('Event', 'Ticket', 'User') and contype <> 'n'`,
  );
  expect(rows.map(({ contype }) => contype)).toEqual(Array(7).fill('p'));
  const indexes = await pool.query(`select 1 from pg_indexes where schemaname in ('Event', 'Ticket', 'User')`);
  expect(indexes.rowCount).toBe(7);
});

it('a connection that is cut in the middle of a transaction fails there, and the process lives', async () => {
  const { pool, databaseUrl } = await aLegacy({});
  const own = await openDatabase(databaseUrl);
  onTestFinished(() => own.end());
  const client = await own.connect();
  const { rows } = await client.query('select pg_backend_pid() as pid');
  const { promise: cut, resolve } = Promise.withResolvers<void>();
  client.once('end', resolve);
  await pool.query('select pg_terminate_backend($1)', [rows[0].pid]);
  await cut;
  await expect(client.query('select 1')).rejects.toThrow();
  client.release(true);
  expect((await own.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

type Column = { readonly schema: string; readonly table: string; readonly column: string };

function sorted(columns: readonly Column[]): Column[] {
  const name = ({ schema, table, column }: Column) => `${schema}.${table}.${column}`;
  return columns.toSorted((one, other) => (name(one) < name(other) ? -1 : 1));
}
