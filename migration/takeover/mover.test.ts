import { testDatabase } from '@ticketbuddy/testing';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { dropMover, knownMoverUrl, moverUrl } from './mover.ts';
import { schema } from './schema.ts';

test('the role that moves stays the same when the server is found elsewhere, and is another for another database', async () => {
  const { pool, url } = await testDatabase();
  const [elsewhere, other] = [new URL(url), new URL(url)];
  elsewhere.host = 'db.example:6000';
  other.pathname += '_2';
  const who = async (at: string | URL) => {
    const { username, password } = new URL(await moverUrl(pool, `${at}`));
    return [username, password];
  };
  expect(await who(elsewhere)).toEqual(await who(url));
  expect((await who(other))[0]).not.toBe((await who(url))[0]);
});

test('the role that moves is dropped when nothing is moved any more, and what it made is kept', async () => {
  const { pool, url, mover, role } = await aMover();
  await mover.query('create schema kept; create table kept.entries as select 1 as nth');
  // Whoever is logged in would go on without rights.
  expect(await dropMover(pool, url, 'events')).toBe(role);
  await mover.end();
  expect(await dropMover(pool, url, 'events')).toBeUndefined();
  expect(await knownMoverUrl(pool, url)).toBe(url);
  expect(
    (await pool.query('select nth, tableowner from kept.entries, pg_tables where schemaname = $1', ['kept'])).rows,
  ).toEqual([{ nth: 1, tableowner: new URL(url).username }]);
  expect(await dropMover(pool, url, 'events')).toBeUndefined();
});

test('the role that moves stays while there is another unit, or something of its own in another database', async () => {
  const { pool, url, mover, role } = await aMover();
  await mover.end();
  await pool.query(`create schema ${schema}; create table ${schema}.fences as select 'users' as unit`);
  expect(await dropMover(pool, url, 'events')).toBe(role);
  await pool.query(`drop schema ${schema} cascade`);
  const other = await testDatabase();
  await other.pool.query(`create schema kept authorization ${role}`);
  expect(await dropMover(pool, url, 'events')).toBe(role);
  expect(await knownMoverUrl(pool, url)).not.toBe(url);
});

async function aMover() {
  const { pool, url } = await testDatabase();
  const mover = new pg.Client({ connectionString: await moverUrl(pool, url) });
  await mover.connect();
  onTestFinished(() => mover.end());
  return { pool, url, mover, role: mover.user ?? '' };
}
