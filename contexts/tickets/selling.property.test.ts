import { createDatabase } from '@ticketbuddy/postgres/database';
import { testDatabase } from '@ticketbuddy/testing';
import fc from 'fast-check';
import { test } from 'vitest';
import { realSelling } from './planted/selling.ts';
import type { DB } from './tables.gen.ts';
import { sellingKeepsItsPromises } from './test-selling.ts';

// About 15 seconds on two busy cores.
const numRuns = 200;

test('whatever is asked for at once, in any order, selling keeps its promises', { timeout: 120_000 }, async () => {
  const { pool } = await testDatabase();
  await fc.assert(sellingKeepsItsPromises(createDatabase<DB>(pool), realSelling), { numRuns });
});
