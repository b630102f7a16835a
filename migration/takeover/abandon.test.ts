import { until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { abandonTakeover } from './abandon.ts';
import { prepareTakeover } from './prepare.ts';
import { unfinishedMove } from './store.ts';
import { insertRequest, readRequest } from './store-requests.ts';
import { switchUnit } from './switch-unit.ts';
import type { UnitPlan } from './takeover.ts';
import { aLibrary, aWorker, comparison, lend } from './test-library.ts';
import { conductUntil } from './test-mortal.ts';

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

test('nothing is abandoned while somebody carries the rows', { timeout: 240_000 }, async () => {
  const library = await aLibrary();
  const worker = await aWorker(library);
  const before = await things(library.legacy);
  await expect(abandonTakeover(library.takeover)).rejects.toThrow(
    'Somebody carries the rows of library: stop `migrate start library` first.',
  );
  expect(await things(library.legacy)).toEqual(before);
  await lend(library);
  await until('it is carried', async () => (await library.next.query('select from library.loans')).rowCount === 1);
  await worker.stop();
  await abandonTakeover(library.takeover);
});

test('one unit is abandoned, and another one goes on to be carried and to be asked for', {
  timeout: 240_000,
}, async () => {
  const library = await aLibrary();
  const { places, plan } = library.takeover;
  const takeover = (unit: string, tables: UnitPlan['tables']) => ({
    plan: { ...plan, unit, tables, streams: `${plan.streams}_${unit}` },
    places,
  });
  const [books, loans] = [takeover('books', plan.tables.slice(0, 1)), takeover('loans', plan.tables.slice(1))];
  onTestFinished(() => abandonTakeover(loans));
  await aWorker({ ...library, takeover: loans });
  const worker = await aWorker({ ...library, takeover: books });
  await worker.stop();
  await abandonTakeover(books);
  await lend(library);
  await until('it is carried', async () => (await library.next.query('select from library.loans')).rowCount === 1);
  const nth = await insertRequest(library.next, 'loans', 'next');
  await until('it is answered', async () => (await readRequest(library.next, nth))?.answer?.outcome === 'refused');
});

test('a move that was left half-way is brought to its end before it is abandoned: no write waits for it any more', async () => {
  const library = await aLibrary();
  const { takeover, legacy, next } = library;
  await prepareTakeover(takeover);
  const left = await conductUntil(takeover, { to: 'next', epoch: 1, point: 8 });
  expect(left).toEqual({ killed: 'after fence the old owner' });
  await abandonTakeover(takeover);
  expect((await next.query('select unit from ticketbuddy_migration.holds')).rows).toEqual([]);
  expect(await unfinishedMove(next, 'library')).toBe(false);
  expect((await legacy.query(`select to_regnamespace('ticketbuddy_migration') as left`)).rows).toEqual([
    { left: null },
  ]);
});

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
