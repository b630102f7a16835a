import assert from 'node:assert/strict';
import { quotedName } from '@ticketbuddy/change-stream';
import type { Compared } from '@ticketbuddy/parity';
import pg from 'pg';
import type { ColumnMapping, TableMapping, To } from './mapping.ts';

/**
 * The two tables as they are compared, that of the other side than `to` as the source. Their key has to be one column, a
 * uuid.
 */
export function compared({ legacy, next, columns }: TableMapping, to: To = 'next'): Compared {
  const key = columns.find((column) => column.legacy === legacy.key[0]);
  assert(key?.kind === 'uuid' && legacy.key.length === 1, `the key of ${quotedName(legacy)} is one uuid`);
  const places = {
    legacy: { table: quotedName(legacy), key: pg.escapeIdentifier(key.legacy) },
    next: { table: quotedName(next), key: pg.escapeIdentifier(key.next) },
  };
  return {
    name: quotedName(next),
    source: places[to === 'next' ? 'legacy' : 'next'],
    target: places[to],
    columns: columns.filter((column) => column !== key).map((column) => toCompared(column, to)),
  };
}

// As the new system keeps it, whichever side is the source.
function toCompared(
  { legacy, next, kind, toNext = (value) => value }: ColumnMapping,
  to: To,
): Compared['columns'][number] {
  const [old, fresh] = [toNext(pg.escapeIdentifier(legacy)), pg.escapeIdentifier(next)];
  return { name: next, kind, source: to === 'next' ? old : fresh, target: to === 'next' ? fresh : old };
}
