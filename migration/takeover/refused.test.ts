import { createPace, pause } from '@ticketbuddy/backfill';
import { until } from '@ticketbuddy/testing';
import { expect, onTestFinished, test } from 'vitest';
import { gates } from './gates.ts';
import { switchUnit } from './switch-unit.ts';
import { schema, streamOf } from './takeover.ts';
import { aLibrary, aWorker, comparison, type Library, lend } from './test-library.ts';

test('a switch is refused while the copy is not complete, however little is missing', async () => {
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

test('a transaction that is open across a switch stops it and is named; what it commits is carried over', async () => {
  const library = await aLibrary();
  await aWorker(library);
  const client = await library.legacy.connect();
  onTestFinished(() => client.release());
  await client.query('begin');
  await client.query(`insert into "Library"."Book" ("BookId", "Title") values (gen_random_uuid(), 'Slow')`);
  const marks: string[] = [];
  const outcome = await switchUnit(library.takeover, 'next', {
    onMark: (step, what, evidence) => what === 'turned back' && marks.push(`${step}: ${evidence}`),
  });
  expect(outcome).toBe('undone');
  expect(marks).toEqual([
    expect.stringMatching(/^fence the old owner: After 1000 ms these transactions on library are still open: \d+ \(/),
  ]);
  await client.query('commit');
  await lend(library);
  await until('both are there', async () => (await comparison(library)).every(({ verdict }) => verdict === 'same'));
  expect((await comparison(library))[0]?.rows).toEqual({ source: 2, target: 2 });
  expect(await switchUnit(library.takeover, 'next')).toBe('done');
});

async function closedBy({ takeover }: Library, name: string): Promise<string | undefined> {
  return (await gates(takeover, 'next')).find((gate) => gate.name === name && !gate.isOpen)?.says;
}
