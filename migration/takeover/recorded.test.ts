import type { Batch, Change } from '@ticketbuddy/change-stream';
import { withTransaction } from '@ticketbuddy/postgres';
import { createShadowTables, type NotedTable, noteChanges } from '@ticketbuddy/shadow';
import { testDatabase } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { changedKeysOf } from './recorded.ts';

const books: NotedTable = { schema: 'public', name: 'books', key: ['id'] };
const table = '"public"."books"';
const place = { schema: 'migration', unit: 'books' };
const [often, last] = ['00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002'];

test('a row that was changed many times does not make the changes after it look as if there were none', async () => {
  const { pool } = await testDatabase();
  await createShadowTables(pool, place);
  const batches = [...Array.from({ length: 10 }, () => often), last].map(changeOf);
  await withTransaction(pool, (tx) => noteChanges(tx, { ...place, tables: [books] }, batches));
  const changed = changedKeysOf(pool, place, table);
  const first = await changed(undefined, 10);
  expect(first.keys).toHaveLength(10);
  const second = await changed(first.mark, 10);
  expect(second.keys).toEqual([last]);
});

function changeOf(id: string, nth: number): Batch {
  const position = `0/${(nth + 1).toString(16)}`;
  const change: Change = { table, operation: 'update', oldKey: { id }, row: { id } };
  return {
    position,
    commitLsn: position,
    xid: 1_000 + nth,
    origin: undefined,
    heartbeat: undefined,
    changes: [change],
  };
}
