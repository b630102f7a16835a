import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { compare } from './compare.ts';
import type { Databases } from './pieces.ts';
import { keyOf, shows, twoDatabases } from './test-shows.ts';

let databases: Awaited<ReturnType<typeof twoDatabases>>;
beforeAll(async () => {
  databases = await twoDatabases(2_000);
});
afterAll(() => databases.drop());

test('what is the same is told to be, whatever the settings of the two databases', async () => {
  const strange = await aSession(databases.target, [
    `set timezone = 'Asia/Kathmandu'`,
    `set datestyle = 'German, DMY'`,
    `set bytea_output = 'escape'`,
    `set extra_float_digits = -3`,
    `set intervalstyle = 'iso_8601'`,
  ]);
  const far = await aSession(databases.source, [`set timezone = 'America/St_Johns'`, `set datestyle = 'SQL, MDY'`]);
  expect((await compare({ source: far, target: strange }, shows)).verdict).toBe('same');
});

test('every row that differs is found, and no other, wherever they are and however many', async () => {
  const target = await aSession(databases.target, []);
  const anyNumbers = fc.uniqueArray(fc.integer({ min: 1, max: 2_000 }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(anyNumbers, anyNumbers, async (changed, lost) => {
      await target.query('begin');
      await target.query(`update public.shows set venue = venue + 1 where id in (${keysOf(changed)})`);
      await target.query(`delete from public.shows where id in (${keysOf(lost)})`);
      const { diffs } = await compare({ source: databases.source, target }, shows);
      await target.query('rollback');
      const isLost = new Set(lost);
      const told = { missing: lost.length, differs: changed.filter((n) => !isLost.has(n)).length };
      const count = (kind: string) => diffs.filter((diff) => diff.kind === kind).length;
      expect({ missing: count('missing'), differs: count('differs'), all: diffs.length }).toEqual({
        ...told,
        all: told.missing + told.differs,
      });
    }),
    { numRuns: 10 },
  );
}, 60_000);

test('a range is compared without what is beyond it', async () => {
  const target = await aSession(databases.target, ['begin', `delete from public.shows where id = ${keyOf(5)}`]);
  const { rows } = await target.query(`select ${keyOf(5)} as key`);
  const sides = { source: databases.source, target };
  const [before, after] = [
    await compare(sides, shows, { upTo: justBefore(rows[0].key) }),
    await compare(sides, shows, { after: rows[0].key }),
  ];
  const around = await compare(sides, shows, { after: justBefore(rows[0].key), upTo: rows[0].key });
  await target.query('rollback');
  expect([before.verdict, around.verdict, after.verdict]).toEqual(['same', 'differs', 'same']);
});

test('it stops looking when it knows as many differences as are asked for', async () => {
  const target = await aSession(databases.target, ['begin', `update public.shows set venue = -1`]);
  const { diffs, verdict } = await compare({ source: databases.source, target }, shows, {}, 50);
  await target.query('rollback');
  expect(verdict).toBe('differs');
  expect(diffs.length).toBeGreaterThanOrEqual(50);
  expect(diffs.length).toBeLessThan(500);
});

test('more rows of one key than are read at once are told, and not divided without end', async () => {
  const target = await aSession(databases.target, [
    'begin',
    `insert into shows select shows.* from shows, generate_series(1, 300) where id = ${keyOf(5)}`,
  ]);
  const { verdict, diffs } = await compare({ source: databases.source, target }, shows);
  expect([verdict, diffs]).toMatchObject(['differs', [{ kind: 'extra', times: 300 }]]);
});

test('sums that differ though no row does are not taken for proof', async () => {
  let asked = 0;
  const target: Databases['target'] = {
    async query(...given: [string, unknown[]]) {
      const result = await databases.target.query(...given);
      asked += 1;
      return asked === 1 ? { ...result, rows: [{ ...result.rows[0], low: '1' }] } : result;
    },
  } as never;
  expect(await compare({ source: databases.source, target }, shows)).toMatchObject({ verdict: 'moved', diffs: [] });
});

async function aSession(pool: pg.Pool, statements: readonly string[]): Promise<pg.PoolClient> {
  const client = await pool.connect();
  onTestFinished(() => client.release(true));
  for (const statement of statements) await client.query(statement);
  return client;
}

function keysOf(numbers: readonly number[]): string {
  return numbers.length === 0 ? 'null' : numbers.map(keyOf).join(', ');
}

// A uuid that comes just before another one in the order of their bytes.
function justBefore(key: string): string {
  const value = BigInt(`0x${key.replaceAll('-', '')}`) - 1n;
  return value
    .toString(16)
    .padStart(32, '0')
    .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
}
