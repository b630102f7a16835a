import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { testDatabase } from '@ticketbuddy/testing';
import { expect, it, onTestFinished } from 'vitest';
import { type Migrations, migrate } from './migrations.ts';
import { createPool } from './pool.ts';

const oneTable = { '0001-a.sql': 'create table garden.plants (name text)' };
const twoTables = { ...oneTable, '0002-b.sql': 'create table garden.pots (size int)' };

it('the files of a schema run once each, in the order of their names', async () => {
  const { pool } = await testDatabase();
  expect(await migrate(pool, [await garden(twoTables)])).toEqual(['garden/0001-a.sql', 'garden/0002-b.sql']);
  expect(await migrate(pool, [await garden(twoTables)])).toEqual([]);
});

it('starts that race run each file once', async () => {
  const { url } = await testDatabase();
  const source = await garden(twoTables);
  const pools = Array.from({ length: 5 }, () => createPool({ url, connections: 1 }));
  const ran = await Promise.all(pools.map((pool) => migrate(pool, [source])));
  await Promise.all(pools.map((pool) => pool.end()));
  expect(ran.flat().sort()).toEqual(['garden/0001-a.sql', 'garden/0002-b.sql']);
});

it('a file that was edited after it had run is refused by its name', async () => {
  const { pool } = await testDatabase();
  await migrate(pool, [await garden(oneTable)]);
  const edited = await garden({ '0001-a.sql': 'create table garden.plants (name text, height int)' });
  await expect(migrate(pool, [edited])).rejects.toThrow('garden/0001-a.sql was edited');
});

it('a database that is ahead of the program is refused', async () => {
  const { pool } = await testDatabase();
  await migrate(pool, [await garden(twoTables)]);
  await expect(migrate(pool, [await garden(oneTable)])).rejects.toThrow('garden/0002-b.sql');
});

it('a file that fails leaves nothing behind and is tried again by the next start', async () => {
  const { pool } = await testDatabase();
  const broken = { '0001-a.sql': 'create table garden.plants (name text); select 1 / 0' };
  await expect(migrate(pool, [await garden(broken)])).rejects.toThrow('division by zero');
  expect(await migrate(pool, [await garden(oneTable)])).toEqual(['garden/0001-a.sql']);
});

async function garden(files: Readonly<Record<string, string>>): Promise<Migrations> {
  const folder = await mkdtemp(join(tmpdir(), 'ticketbuddy-migrations-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, sql] of Object.entries(files)) await writeFile(join(folder, name), sql);
  return { schema: 'garden', folder: pathToFileURL(`${folder}/`) };
}
