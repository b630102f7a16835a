import { testDatabase, until } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { schemaSql } from './schema-sql.ts';

// As `begin-together` of the backfill saw it once.
test('whoever knew that there was no schema, and waited while it was made, finds it', async () => {
  const { pool } = await testDatabase(2);
  const [first, second] = [await pool.connect(), await pool.connect()];
  await second.query('drop schema if exists shows');
  await first.query(`begin; ${schemaSql('shows')}; create table if not exists shows.one ()`);
  await second.query('begin');
  const made = second.query(`${schemaSql('shows')}; create table if not exists shows.one ()`);
  const waiting = "select from pg_locks where locktype = 'advisory' and not granted";
  await until('the second one waits', async () => (await first.query(waiting)).rowCount === 1);
  await first.query('commit');
  await expect(made).resolves.toBeDefined();
  await second.query('commit');
  for (const client of [first, second]) client.release();
});
