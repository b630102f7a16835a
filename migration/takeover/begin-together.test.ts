import { createEdgeTables, openJournal } from '@ticketbuddy/cutover';
import { createShadowTables } from '@ticketbuddy/shadow';
import { testDatabase } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { schema } from './schema.ts';
import { createOwnersSeen } from './store.ts';
import { createRequestTable } from './store-requests.ts';
import { createTapTables } from './store-tap.ts';

test('workers of several units that begin at the same time all find what they need', async () => {
  const { pool } = await testDatabase(12);
  const creations = [
    openJournal,
    createEdgeTables,
    createRequestTable,
    createTapTables,
    createOwnersSeen,
    (next: typeof pool) => createShadowTables(next, { schema }),
  ];
  for (let round = 0; round < 20; round++) {
    await pool.query(`drop schema if exists ${schema} cascade`);
    const made = [1, 2, 3].flatMap(() => creations.map((create) => create(pool)));
    expect(await Promise.allSettled(made)).toEqual(made.map(() => ({ status: 'fulfilled', value: undefined })));
  }
});
