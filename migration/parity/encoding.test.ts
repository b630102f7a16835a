import { createTestDatabase } from '@ticketbuddy/testing';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { compare } from './compare.ts';

const things = { table: 'things', key: 'id' };
const compared = {
  name: 'things',
  source: things,
  target: things,
  columns: [{ name: 'name', kind: 'text', source: 'name', target: 'name' }],
} as const;

test('a text is the same in a database of another encoding', async () => {
  const [source, target] = [await latinDatabase(), await createTestDatabase()];
  onTestFinished(target.drop);
  for (const database of [source, target.pool]) {
    await database.query('create table things (id uuid primary key, name text)');
    await database.query(`insert into things values ('00000000-0000-0000-0000-000000000001', 'é')`);
  }
  expect((await compare({ source, target: target.pool }, compared)).verdict).toBe('same');
});

/** As many legacies have: one byte a character. */
async function latinDatabase(): Promise<pg.Client> {
  const { pool: admin, url, drop } = await createTestDatabase();
  onTestFinished(drop);
  const name = `latin_${process.pid}`;
  await admin.query(`create database ${name} encoding 'LATIN1' template template0 locale 'C'`);
  onTestFinished(async () => void (await admin.query(`drop database ${name} with (force)`)));
  const found = new URL(url);
  found.pathname = name;
  const client = new pg.Client({ connectionString: found.href });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}
