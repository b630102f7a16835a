import { withTransaction } from '@ticketbuddy/postgres';
import { testDatabase } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { createTables } from './store.ts';

test('copies of several units that begin at the same time all find what they need', async () => {
  const { pool } = await testDatabase(6);
  for (let round = 0; round < 20; round++) {
    await pool.query('drop schema if exists migration cascade');
    const made = ['shows', 'halls', 'seats', 'fans', 'bars', 'cars'].map((unit) =>
      withTransaction(pool, (tx) => createTables(tx, { schema: 'migration', unit })),
    );
    expect(await Promise.allSettled(made)).toEqual(made.map(() => ({ status: 'fulfilled', value: undefined })));
  }
});
