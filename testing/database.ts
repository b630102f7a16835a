import { createPool } from '@ticketbuddy/postgres';
import pg from 'pg';
import { inject, onTestFinished } from 'vitest';

export type TestDatabase = { readonly url: string; readonly pool: pg.Pool; drop(): Promise<void> };

let copies = 0;

/** A database of its own with every table and no rows; `drop` it when done. */
export async function createTestDatabase(connections = 20): Promise<TestDatabase> {
  const templateUrl = inject('templateUrl');
  const name = `test_${process.pid}_${++copies}`;
  await onServer(templateUrl, `create database ${name} template template`);
  const url = templateUrl.replace(/\/[^/]*$/, `/${name}`);
  const pool = createPool({ url, connections });
  const drop = async () => {
    await pool.end();
    await onServer(templateUrl, `drop database ${name} with (force)`);
  };
  return { url, pool, drop };
}

/** The same, dropped by itself when the test that called it has finished. */
export async function testDatabase(connections?: number): Promise<TestDatabase> {
  const database = await createTestDatabase(connections);
  onTestFinished(() => database.drop());
  return database;
}

async function onServer(templateUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: templateUrl.replace(/\/[^/]*$/, '/postgres') });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}
