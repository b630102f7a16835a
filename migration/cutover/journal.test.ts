import { withTransaction } from '@ticketbuddy/postgres';
import { testDatabase } from '@ticketbuddy/testing';
import type pg from 'pg';
import { describe, expect, test } from 'vitest';
import type { Act, Entry } from './act.ts';
import { addToJournal, openJournal, readJournal, verifyJournal } from './journal.ts';

const acts: readonly Act[] = [
  { unit: 'shows', act: 'gate: parity', evidence: { rows: 12, Ünïcode: '🎫\u0000'.slice(0, 2), price: 12.3 } },
  { unit: 'shows', act: 'fence', evidence: null },
  { unit: 'halls', act: 'gate: parity', evidence: ['a', 1, { b: undefined }] },
];

describe('the journal', () => {
  test('tells what was added, in its order, and is whole', async () => {
    const { pool } = await aJournal(acts);
    const entries = await Array.fromAsync(readJournal(pool));
    expect(entries.map(({ nth, unit, act }) => [nth, unit, act])).toEqual(
      acts.map(({ unit, act }, nth) => [nth + 1, unit, act]),
    );
    expect(entries[0]?.evidence).toEqual(acts[0]?.evidence);
    expect(await verifyJournal(pool)).toEqual({ entries: 3 });
  });

  test('is added to by many at once without a gap', async () => {
    const { pool, add } = await aJournal([]);
    await Promise.all(Array.from({ length: 20 }, (_, nth) => add({ unit: 'shows', act: `act ${nth}`, evidence: nth })));
    expect(await verifyJournal(pool)).toEqual({ entries: 20 });
  });

  test.each(['update', 'delete', 'truncate'])('refuses an %s', async (verb) => {
    const { pool } = await aJournal(acts);
    const table = 'ticketbuddy_migration.journal';
    const statements: Record<string, string> = {
      update: `update ${table} set act = 'x'`,
      delete: `delete from ${table}`,
      truncate: `truncate ${table}`,
    };
    await expect(pool.query(statements[verb] ?? '')).rejects.toThrow('the journal is append-only');
  });

  test.each([
    [2, `update ticketbuddy_migration.journal set evidence = '"better"' where nth = 2`],
    [2, `update ticketbuddy_migration.journal set unit = 'halls' where nth = 2`],
    [1, `update ticketbuddy_migration.journal set at_text = '2020-01-01T00:00:00.000000Z' where nth = 1`],
    [2, `delete from ticketbuddy_migration.journal where nth = 2`],
    [1, `update ticketbuddy_migration.journal set nth = 4 - nth where nth <> 2`],
    [3, `update ticketbuddy_migration.journal set hash = repeat('0', 64) where nth = 3`],
  ])('shows at entry %i that somebody has got around that: %s', async (brokenAt, sql) => {
    const { pool } = await aJournal(acts);
    await pool.query('alter table ticketbuddy_migration.journal disable trigger append_only');
    await pool.query(`alter table ticketbuddy_migration.journal drop constraint journal_pkey`);
    await pool.query(sql);
    expect(await verifyJournal(pool)).toEqual({ entries: brokenAt - 1, brokenAt });
  });
});

async function aJournal(first: readonly Act[]) {
  const { pool } = await testDatabase(8);
  await openJournal(pool);
  const add = (act: Act): Promise<Entry> => withTransaction(pool, (client: pg.PoolClient) => addToJournal(client, act));
  for (const act of first) await add(act);
  return { pool, add };
}
