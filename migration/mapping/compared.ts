import assert from 'node:assert/strict';
import { quotedName } from '@ticketbuddy/change-stream';
import type { Compared } from '@ticketbuddy/parity';
import pg from 'pg';
import type { ColumnMapping, TableMapping } from './mapping.ts';

/** The two tables as they are compared, the legacy's as the source. Their key has to be one column, a uuid. */
export function compared({ legacy, next, columns }: TableMapping): Compared {
  const key = columns.find((column) => column.legacy === legacy.key[0]);
  assert(key?.kind === 'uuid' && legacy.key.length === 1, `the key of ${quotedName(legacy)} is one uuid`);
  return {
    name: quotedName(next),
    source: { table: quotedName(legacy), key: pg.escapeIdentifier(key.legacy) },
    target: { table: quotedName(next), key: pg.escapeIdentifier(key.next) },
    columns: columns.filter((column) => column !== key).map(toCompared),
  };
}

function toCompared({ legacy, next, kind, toNext = (value) => value }: ColumnMapping): Compared['columns'][number] {
  return { name: next, kind, source: toNext(pg.escapeIdentifier(legacy)), target: pg.escapeIdentifier(next) };
}
