import { randomUUID } from 'node:crypto';
import { moverUrl } from '@ticketbuddy/takeover';
import { type TestDatabase, testDatabase, until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { ticketbuddy } from './test-cli.ts';

it('says which setting is missing, and what can be moved', async () => {
  const { settings } = await bothSides();
  const { LEGACY_DATABASE_URL: _, ...without } = settings;
  expect(await ticketbuddy(['migrate', 'status'], without)).toMatchObject({
    code: 1,
    err: "LEGACY_DATABASE_URL: expected the legacy's database, a URL like postgres://user@host:5432/name.\n",
  });
  expect((await ticketbuddy(['migrate', 'status', 'shows'], settings)).err).toBe(
    'shows cannot be moved; what can be: events.\n',
  );
});

it('plans without changing anything, and says what is missing', async () => {
  const { settings, legacy, next } = await bothSides();
  const before = await thingsIn(legacy.pool);
  const planned = await ticketbuddy(['migrate', 'plan'], settings);
  expect(planned.out).toMatch(/1\. npx ticketbuddy migrate start events: puts a schema.*\n.*\n.*switch events/);
  expect([planned.out.includes('Nothing is missing.'), planned.code]).toEqual([true, 0]);
  expect(await thingsIn(legacy.pool)).toEqual(before);
  await next.pool.query(
    `insert into events.events (id, name, starts_at, ends_at, venue, price_pence) values ($1, 'Demo', now(), now(), 0, 1)`,
    [randomUUID()],
  );
  const again = await ticketbuddy(['migrate', 'plan'], settings);
  expect([again.code, again.out]).toEqual([
    1,
    expect.stringMatching(/✘ next: rows +"events"."events" has 1: begin with empty/),
  ]);
});

it('refuses to switch what has not been started', async () => {
  const { settings } = await bothSides();
  const { code, err } = await ticketbuddy(['migrate', 'switch', 'events', '--confirm', 'events'], settings);
  expect([code, err]).toEqual([1, expect.stringMatching(/✘ owner +nothing has been started: run `migrate start`/)]);
});

async function bothSides() {
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

async function thingsIn(pool: pg.Pool): Promise<unknown[]> {
  return (
    await pool.query('select oid::regclass::text from pg_class union all select tgname from pg_trigger order by 1')
  ).rows;
}
