import { createDatabase } from '@ticketbuddy/postgres';
import { testDatabase } from '@ticketbuddy/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { auditSeats } from './audit-seats.ts';
import { realSelling } from './planted/selling.ts';
import type { DB } from './tables.gen.ts';
import { sellingKeepsItsPromises } from './test-selling.ts';

test('whatever is asked for at once, in any order, selling keeps its promises', async () => {
  const { pool } = await testDatabase();
  const db = createDatabase<DB>(pool);
  await fc.assert(sellingKeepsItsPromises(db, realSelling), { numRuns: 100 });
});
