import type { Change } from '@ticketbuddy/change-stream';
import { expect, it } from 'vitest';
import { collapse } from './collapse.ts';

const table = 't';
const put = (id: string, name: string): Change => ({ table, operation: 'insert', oldKey: null, row: { id, name } });
const drop = (id: string): Change => ({ table, operation: 'delete', oldKey: { id }, row: null });
const truncate: Change = { table, operation: 'truncate', oldKey: null, row: null };

it('of many changes the last one of each row is left', () => {
  const { isTruncated, deleted, upserted } = collapse(
    [put('1', 'a'), drop('2'), put('1', 'b'), put('2', 'c'), drop('3')],
    ['id'],
  );
  expect({ isTruncated, deleted, upserted }).toEqual({
    isTruncated: false,
    deleted: [{ id: '3' }],
    upserted: [
      { id: '1', name: 'b' },
      { id: '2', name: 'c' },
    ],
  });
});

it('what was before the table was emptied is forgotten', () => {
  expect(collapse([put('1', 'a'), drop('2'), truncate, put('3', 'c')], ['id'])).toEqual({
    isTruncated: true,
    deleted: [],
    upserted: [{ id: '3', name: 'c' }],
  });
});
