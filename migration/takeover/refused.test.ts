import { createPace, pause } from '@ticketbuddy/backfill';
import type { ColumnMapping } from '@ticketbuddy/mapping';
import { until } from '@ticketbuddy/testing';
import { expect, onTestFinished, test } from 'vitest';
import { gates } from './gates.ts';
import { schema } from './schema.ts';
import { switchUnit } from './switch-unit.ts';
import { streamOf } from './takeover.ts';
import { aLibrary, aWorker, comparison, type Library, lend } from './test-library.ts';

test('a switch is refused while the copy is not complete, however little is missing', {
  timeout: 240_000,
}, async () => {
  const library = await aLibrary();
  await library.legacy.query(
    `insert into "Library"."Book" select gen_random_uuid(), 'Book ' || n, 1.5, now() from generate_series(1, 300) as n`,
  );
  const { plan, places } = library.takeover;
  const control = { pool: places.next.pool, schema, unit: streamOf(plan, 'next').name };
  const copied: string[] = [];
  const probe = async () => {
    await pause(control);
    copied.push((await closedBy(library, 'copy')) ?? 'open');
    await control.pool.query(`update ${schema}.checkpoints set is_paused = false where unit = $1`, [control.unit]);
  };
  const pace = createPace({ chunkRows: 30, probe });
  await aWorker(library, { pace: { ...pace, restMs: 0, rowsNow: (source) => pace.rowsNow(source, 1_000) } });
  await until('all is copied', async () => (await closedBy(library, 'copy')) === undefined);
  expect(copied.length).toBeGreaterThan(3);
  expect(new Set(copied.map((says) => says.replace(/\d+ of/, 'n of')))).toContain(
    '"Library"."Book": n of 300 rows; "Library"."Loan": 0 of 0 rows',
  );
  expect(copied).not.toContain('open');
});

test('gates of what has not been started say so, and nothing of tables that are missing', async () => {
  const { takeover } = await aLibrary();
  const closed = (await gates(takeover, 'next')).filter(({ isOpen }) => !isOpen);
  expect(closed.map(({ name, says }) => [name, says])).toEqual([
    ['owner', 'nothing has been started: run `migrate start`'],
    ['fences', expect.stringContaining('"Library"."Book" has no fence')],
    ['copy', 'not begun'],
    ['rejects', 'not begun'],
    ['parity', expect.stringContaining('has not been compared from beginning to end yet')],
    ['the stream to next', 'not begun'],
    ['the stream to legacy', 'not begun'],
    ['gateways', 'not begun'],
  ]);
});

test('a transaction that is open across a switch stops it and is named; what it commits is carried over', {
  timeout: 240_000,
}, async () => {
  const library = await aLibrary();
  await aWorker(library);
  const client = await library.legacy.connect();
  onTestFinished(() => client.release());
  await client.query('begin');
  await client.query(`insert into "Library"."Book" ("BookId", "Title") values (gen_random_uuid(), 'Slow')`);
  const marks: string[] = [];
  const outcome = await switchUnit(library.takeover, 'next', {
    onMark: ({ step, what, evidence }) => what === 'turned back' && marks.push(`${step}: ${evidence}`),
  });
  expect(outcome).toBe('undone');
  expect(marks).toEqual([
    expect.stringMatching(/^fence the old owner: After 1000 ms these transactions on library are still open: \d+ \(/),
  ]);
  await client.query('commit');
  await lend(library);
  await until('both are there', async () => (await comparison(library)).every(({ verdict }) => verdict === 'same'));
  expect((await comparison(library))[0]?.rows).toEqual({ source: 2, target: 2 });
  await until('it is moved', async () => (await switchUnit(library.takeover, 'next')) === 'done');
});

test('a fault of the mapping that the copy and its comparison share is found by the second look, and the switch turns back', {
  timeout: 240_000,
}, async () => {
  const library = await aLibrary();
  const { plan, places } = library.takeover;
  const tables = plan.tables.map((table) => ({ ...table, columns: table.columns.map(tenfold) }));
  const takeover = { plan: { ...plan, tables }, places };
  await aWorker({ ...library, takeover });
  await lend(library);
  await until('it is there', async () => (await library.next.query('select from library.books')).rowCount === 1);
  const marks: string[] = [];
  const outcome = await switchUnit(takeover, 'next', {
    onMark: ({ step, what, evidence }) => what === 'turned back' && marks.push(`${step}: ${evidence}`),
  });
  expect(outcome).toBe('undone');
  expect(marks).toEqual([expect.stringMatching(/^verify: a second look finds what the first one did not: .*weight_g/)]);
});

/** As somebody who has mistaken the unit would write it, there and back. */
function tenfold(column: ColumnMapping): ColumnMapping {
  if (column.next !== 'weight_g') return column;
  const [toNext, toLegacy] = [
    (kilos: string) => `(${kilos} * 10000)::int`,
    (grams: string) => `(${grams} / 10000.0)::numeric`,
  ];
  return { ...column, toNext, toLegacy };
}

async function closedBy({ takeover }: Library, name: string): Promise<string | undefined> {
  return (await gates(takeover, 'next')).find((gate) => gate.name === name && !gate.isOpen)?.says;
}
