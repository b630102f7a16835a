import { countRejects } from '@ticketbuddy/backfill';
import { until } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { gates } from './gates.ts';
import { schema } from './schema.ts';
import { switchUnit } from './switch-unit.ts';
import { streamOf } from './takeover.ts';
import { aLibrary, aWorker, comparison, type Library, lend, lendHere } from './test-library.ts';

const aroundTheFence = {
  legacy: `alter table "Library"."Book" disable trigger all;
    insert into "Library"."Book" ("BookId", "Title") values (gen_random_uuid(), 'Rogue');
    alter table "Library"."Book" enable always trigger ticketbuddy_fence_of_library`,
  next: `alter table library.books disable trigger all;
    insert into library.books (id, title) values (gen_random_uuid(), 'Rogue');
    alter table library.books enable always trigger ticketbuddy_fence_of_library`,
};

test('what somebody writes around the fence at the side that owns nothing is rejected and told, and closes the gates', {
  timeout: 240_000,
}, async () => {
  const library = await aLibrary();
  await aWorker(library);
  await lend(library);
  await library.next.query(aroundTheFence.next);
  await until('it is told', async () => (await rejects(library, 'legacy')) === 1);
  expect(await titles(library.legacy, '"Library"."Book"', '"Title"')).not.toContain('Rogue');
  expect(await closedBy(library, 'rejects')).toMatch(/1 rows of "library"."books" have no place at legacy/);

  expect(await switchUnit(library.takeover, 'next')).toBe('undone');
  await library.next.query(`alter table library.books disable trigger all; delete from library.books where title = 'Rogue';
    alter table library.books enable always trigger ticketbuddy_fence_of_library`);
  await until('both sides are the same', async () =>
    (await comparison(library)).every(({ verdict }) => verdict === 'same'),
  );
  await until('it is moved', async () => (await switchUnit(library.takeover, 'next')) === 'done');
  await library.legacy.query(aroundTheFence.legacy);
  await until('it is told', async () => (await rejects(library, 'next')) === 1);
  await lendHere(library, 2);
  expect(await titles(library.next, 'library.books', 'title')).not.toContain('Rogue');
});

async function rejects({ takeover: { plan, places } }: Library, to: 'legacy' | 'next'): Promise<number> {
  const tables = await countRejects(places[to].pool, { schema, unit: streamOf(plan, to).name });
  return tables.reduce((sum, table) => sum + table.rejects, 0);
}

async function closedBy({ takeover }: Library, name: string): Promise<string | undefined> {
  return (await gates(takeover, 'next')).find((gate) => gate.name === name && !gate.isOpen)?.says;
}

async function titles(pool: Library['next'], table: string, column: string): Promise<string[]> {
  return (await pool.query(`select ${column} as title from ${table}`)).rows.map(({ title }) => title);
}
