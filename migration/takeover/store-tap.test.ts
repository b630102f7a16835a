import { testDatabase } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import {
  beginTap,
  breakTap,
  countChanged,
  createTapTables,
  noteChanged,
  noteTold,
  openRows,
  settleRows,
} from './store-tap.ts';

const sentAt = Temporal.Instant.from('2030-01-01T00:00:00Z');

test('a row that is changed, or told of, while it is compared is compared again', async () => {
  const pool = await aTap();
  for (const again of [
    () => noteChanged(pool, 'books', [{ key: 'a', position: '0/2' }]),
    () => noteTold(pool, 'books', [told('a')]),
  ]) {
    await noteChanged(pool, 'books', [{ key: 'a', position: '0/1' }]);
    const rows = await openRows(pool, 'books', '', 10);
    await again();
    await settleRows(pool, 'books', rows);
    expect(await openRows(pool, 'books', '', 10)).toHaveLength(1);
  }
});

test('a row that was compared is not looked at again before it is changed, or told of', async () => {
  const pool = await aTap();
  await noteChanged(pool, 'books', [{ key: 'a', position: '0/1' }]);
  for (const again of [
    () => noteChanged(pool, 'books', [{ key: 'a', position: '0/2' }]),
    () => noteTold(pool, 'books', [told('a')]),
  ]) {
    await settleRows(pool, 'books', await openRows(pool, 'books', '', 10));
    expect(await openRows(pool, 'books', '', 10)).toEqual([]);
    await again();
    expect(await openRows(pool, 'books', '', 10)).toHaveLength(1);
  }
  expect(await countChanged(pool, 'books')).toBe(1);
});

test('what was only told, or changed before the tap began, is nothing that could be untold', async () => {
  const pool = await aTap();
  await noteChanged(pool, 'books', [{ key: 'late', position: '0/9' }]);
  await beginTap(pool, 'books', '0/5');
  await noteTold(pool, 'books', [told('told')]);
  await noteChanged(pool, 'books', [{ key: 'early', position: '0/4' }]);
  expect((await openRows(pool, 'books', '', 10)).map(({ key }) => key)).toEqual(['late']);
});

async function aTap() {
  const { pool } = await testDatabase();
  await createTapTables(pool);
  await breakTap(pool, 'books');
  await beginTap(pool, 'books', '0/0');
  return pool;
}

function told(key: string) {
  return { key, told: 'something', sentAt };
}
