import type pg from 'pg';
import { onTestFinished } from 'vitest';
import { createTestDatabase } from './database.ts';

/** Lets a subscription fill a table, as from another server, where `sql` makes it too. Nothing comes. */
export async function subscribe(pool: pg.Pool, table: string, sql: string): Promise<void> {
  const publisher = await createTestDatabase();
  const name = `published_${process.pid}`;
  await publisher.pool.query(`${sql}; create publication ${name} for table ${table}`);
  // Of a slot in its own server a subscription would wait for itself.
  await publisher.pool.query(`select pg_create_logical_replication_slot('${name}', 'pgoutput')`);
  await pool.query(`create subscription ${name} connection '${publisher.url}' publication ${name}
    with (create_slot = false, enabled = false, copy_data = false)`);
  onTestFinished(async () => {
    await pool.query(`alter subscription ${name} set (slot_name = none)`);
    await pool.query(`drop subscription ${name}`);
    await publisher.pool.query(`select pg_drop_replication_slot('${name}')`);
    await publisher.drop();
  });
}
