import { moverUrl } from '@ticketbuddy/takeover';
import { type TestDatabase, testDatabase, until } from '@ticketbuddy/testing';
import pg from 'pg';
import { onTestFinished } from 'vitest';

/** A legacy with its table of events and the new system, both empty, and what `ticketbuddy migrate` has to know. */
export async function bothSides() {
  const [legacy, next] = [await testDatabase(), await testDatabase()];
  await legacy.pool.query(`
    create schema "Event";
    create table "Event"."Events" ("Id" uuid primary key, "EventName" text not null,
      "StartDate" timestamptz not null default current_timestamp, "Venue" int not null, "EndDate" timestamptz not null, "Price" numeric(18, 2))`);
  // The legacy's own programs are of another role: only so can its database tell them from us.
  const mover = await moverUrl(legacy.pool, legacy.url);
  const settings = { DATABASE_URL: next.url, LEGACY_DATABASE_URL: mover, DATABASE_CONNECTIONS: '10' };
  onTestFinished(() => dropSlots(legacy, next));
  return { settings, legacy, next };
}

/**
 * The same, for a test that starts to move it: the unit's slots and origins belong to the whole server, so that one test at a
 * time does.
 */
export async function bothSidesAlone() {
  const client = new pg.Client({ connectionString: (await testDatabase()).url.replace(/[^/]*$/, 'postgres') });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query(`select pg_advisory_lock(hashtext('the slots of events'))`);
  return bothSides();
}

/** What a test left half-way belongs to the whole server. */
async function dropSlots(...databases: readonly TestDatabase[]): Promise<void> {
  for (const { pool } of databases) {
    await pool.query(
      'select pg_terminate_backend(active_pid) from pg_replication_slots where database = current_database()',
    );
    await until('its slots are gone', () =>
      pool
        .query(
          'select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database()',
        )
        .then(
          () => true,
          () => false,
        ),
    );
  }
}

/** As one reports itself that always holds what comes. */
export async function aGatewayThatHolds(pool: pg.Pool): Promise<void> {
  await pool.query(
    `insert into ticketbuddy_migration.edges (edge, unit, seen_at, is_holding, running, epoch)
     values ('a gateway', 'events', now() + interval '1 hour', true, 0, 100)`,
  );
}

export async function isThere(pool: pg.Pool, table: string): Promise<boolean> {
  return (await pool.query('select to_regclass($1) is not null as there', [table])).rows[0].there;
}
