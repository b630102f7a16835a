import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { compare } from './compare.ts';
import { corruptions, numbered } from './test-corruptions.ts';
import { shows, twoDatabases } from './test-shows.ts';

const count = 1_000;
describe('of two tables with a thousand rows each it is told where they differ, and how', () => {
  let databases: Awaited<ReturnType<typeof twoDatabases>>;
  beforeAll(async () => {
    databases = await twoDatabases(count);
    await databases.target.query('create table public.pristine as table public.shows');
  });

  afterAll(() => databases.drop());

  test('nowhere, when they are the same', async () => {
    expect(await compare(databases, shows)).toEqual({
      name: 'shows',
      rows: { source: count, target: count },
      verdict: 'same',
      diffs: [],
    });
  });

  test.each(corruptions)('%s', async (_, sql, told) => {
    const { target } = databases;
    onTestFinished(async () => {
      await target.query('truncate public.shows; insert into public.shows table public.pristine');
    });
    await target.query(sql);
    const { verdict, diffs } = await compare(databases, shows, {}, 5_000);
    expect(verdict).toBe('differs');
    if (told.length === 0) expect(diffs).toHaveLength(count);
    else expect((await numbered(databases.source, diffs)).sort()).toEqual([...told].sort());
  });

  test('are more than forty', () => expect(corruptions.length).toBeGreaterThan(40));
});
