import { type Plan, type SecondLookOptions, secondLook } from '@ticketbuddy/second-look';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { compare } from './compare.ts';
import type { Databases } from './pieces.ts';
import { corruptions, numbered } from './test-corruptions.ts';
import { keyOf, shows, twoDatabases } from './test-shows.ts';

const plan: Plan = {
  name: 'shows',
  source: '"Show"."Shows"',
  target: 'public.shows',
  key: { source: 'Id', target: 'id', kind: 'uuid' },
  columns: [
    { name: 'title', kind: 'text', source: 'Title', target: 'title' },
    { name: 'note', kind: 'text', source: 'Note', target: 'note' },
    { name: 'starts', kind: 'timestamptz', source: 'StartDate', target: 'starts' },
    {
      name: 'price',
      kind: 'integer',
      source: 'Price',
      target: 'price_pence',
      as: (text) => text?.replace('.', '') ?? null,
    },
    { name: 'fee', kind: 'numeric', source: 'Fee', target: 'fee' },
    { name: 'venue', kind: 'integer', source: 'Venue', target: 'venue' },
    { name: 'owner', kind: 'uuid', source: 'OwnerId', target: 'owner_id' },
    { name: 'sold', kind: 'boolean', source: 'Sold', target: 'sold' },
    { name: 'data', kind: 'json', source: 'Data', target: 'data' },
    { name: 'image', kind: 'bytea', source: 'Image', target: 'image' },
  ],
};

const count = 1_000;
let databases: Awaited<ReturnType<typeof twoDatabases>>;
beforeAll(async () => {
  databases = await twoDatabases(count);
  await databases.target.query('create table public.pristine as table public.shows');
});
afterAll(() => databases.drop());

async function spoil(sql: string): Promise<void> {
  const { target } = databases;
  onTestFinished(async () => {
    await target.query('truncate public.shows; insert into public.shows table public.pristine');
  });
  await target.query(sql);
}

function look(options: SecondLookOptions = {}) {
  return secondLook(databases, plan, options);
}

describe('the second look, by other means, tells the same of two tables', () => {
  test('that they hold the same', async () => {
    expect(await look()).toMatchObject({ verdict: 'same', diffs: [], rows: { source: count, target: count } });
  });

  test.each(corruptions)('%s', async (_, sql, told) => {
    await spoil(sql);
    const { verdict, diffs } = await look({ diffsMax: 5_000 });
    expect(verdict).toBe('differs');
    if (told.length === 0) expect(diffs).toHaveLength(count);
    else expect((await numbered(databases.source, diffs)).sort()).toEqual([...told].sort());
  });
});

describe('a fault in the canonical text is a fault of one look only', () => {
  test.each([
    ['blanks at the end are cut off', `("Title")::text`, `(title)::text`, 'rtrim', `title = title || ' '`],
    ['case is lost', `("Title")::text`, `(title)::text`, 'lower', `title = upper(title)`],
    ['digits behind the third are rounded away', `("Fee")::numeric`, `(fee)::numeric`, 'round3', `fee = fee + 0.0001`],
  ])('%s', async (_, source, target, fault, change) => {
    const wrong = faulty((sql) =>
      sql.replaceAll(source, wrapped(source, fault)).replaceAll(target, wrapped(target, fault)),
    );
    await spoil(`update public.shows set ${change} where id = ${keyOf(5)}`);
    expect((await compare(wrong, shows)).verdict).toBe('same');
    expect((await compare(databases, shows)).verdict).toBe('differs');
    expect((await look()).verdict).toBe('differs');
  });

  test('microseconds are cut off', async () => {
    const cutInSums = `timestamptz_send(date_trunc('milliseconds', `;
    const wrong = faulty((sql) => sql.replaceAll('SS.US', 'SS.MS').replaceAll('timestamptz_send((', cutInSums));
    await spoil(`update public.shows set starts = date_trunc('milliseconds', starts) where id = ${keyOf(5)}`);
    expect((await compare(wrong, shows)).verdict).toBe('same');
    expect((await compare(databases, shows)).verdict).toBe('differs');
    expect((await look()).verdict).toBe('differs');
  });
});

function wrapped(sql: string, fault: string): string {
  return fault === 'round3' ? `round(${sql}, 3)` : `${fault}(${sql})`;
}

/** The databases as they are asked by a comparison whose SQL is wrong. */
function faulty(spoilt: (sql: string) => string): Databases {
  const asked = (side: 'source' | 'target') =>
    ({ query: (sql: string, values: unknown[]) => databases[side].query(spoilt(sql), values) }) as never;
  return { source: asked('source'), target: asked('target') };
}
