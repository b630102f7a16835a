import { until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { abandonTakeover } from './abandon.ts';
import { switchUnit } from './switch-unit.ts';
import { aLibrary, aWorker, comparison, lend } from './test-library.ts';

test.each([
  ['the log', {}],
  ['triggers', { byTriggers: ['legacy', 'next'] }],
] as const)(
  'an abandoned move by %s leaves nothing in the legacy, and in the new system only who owns what and the journal',
  {
    timeout: 240_000,
  },
  async (_what, options) => {
    const library = await aLibrary(options);
    const { takeover, legacy, next } = library;
    const before = { legacy: await things(legacy), next: await things(next) };
    const worker = await aWorker(library);
    await lend(library);
    await until('it is there', async () => (await comparison(library)).every(({ rows }) => rows.target === 1));
    await until('it is moved', async () => (await switchUnit(takeover, 'next')) === 'done');
    await worker.stop();
    await abandonTakeover(takeover);
    expect(await things(legacy)).toEqual(before.legacy);
    const left = (await things(next)).filter((thing) => !before.next.includes(thing));
    expect(left.filter((thing) => !/ticketbuddy_migration|pg_toast/.test(thing))).toEqual([]);
    expect(left.filter((thing) => /slot|publication|origin|trigger .* on library/.test(thing))).toEqual([]);
    expect((await next.query('select owner from ticketbuddy_migration.fences')).rows).toEqual([{ owner: 'next' }]);
    await expect(lend(library)).resolves.toBeDefined();
  },
);

/** All that there is besides rows, and what the server keeps for the database. */
async function things(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ thing: string }>(`
    select 'schema ' || nspname as thing from pg_namespace where nspname not like 'pg_t%'
    union all select 'relation ' || oid::regclass::text || ' ' || relreplident::text from pg_class
    union all select 'function ' || oid::regprocedure::text from pg_proc
    union all select 'trigger ' || tgname || ' on ' || tgrelid::regclass::text from pg_trigger
    union all select 'publication ' || pubname from pg_publication
    union all select 'slot ' || slot_name from pg_replication_slots where database = current_database()
    union all select 'origin ' || roname from pg_replication_origin where roname like 'ticketbuddy_library_' || '${process.pid}' || '%'
    order by 1`);
  return rows.map(({ thing }) => thing);
}
