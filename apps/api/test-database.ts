import { createPool } from '@ticketbuddy/postgres';
import { testDatabase } from '@ticketbuddy/testing';
import type pg from 'pg';
import { onTestFinished } from 'vitest';

let made = 0;

/** A database without a single table, dropped after the test that called this. */
export async function anEmptyDatabase(): Promise<{ readonly url: string; readonly pool: pg.Pool }> {
  const beside = await testDatabase(1);
  const name = `empty_${process.pid}_${++made}`;
  await beside.pool.query(`create database ${name}`);
  const url = beside.url.replace(/[^/]*$/, name);
  const pool = createPool({ url, connections: 3 });
  onTestFinished(async () => {
    await pool.end();
    await beside.pool.query(`drop database ${name} with (force)`);
  });
  return { url, pool };
}

/** How many sessions of the pool's database wait for a lock that another one has. */
export async function waitingSessions(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query(
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return rows.length;
}
