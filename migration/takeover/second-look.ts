import assert from 'node:assert/strict';
import { quotedName } from '@ticketbuddy/change-stream';
import type { TableMapping } from '@ticketbuddy/mapping';
import { type Plan, type SecondLook, secondLook } from '@ticketbuddy/second-look';
import type { Takeover } from './takeover.ts';

/** Compares a table once more by other means, while nobody writes to it: what copied and compared it may share a fault. */
export function lookAgain({ places }: Takeover, mapping: TableMapping): Promise<SecondLook> {
  return secondLook({ source: places.legacy.pool, target: places.next.pool }, planOf(mapping), { diffsMax: 10 });
}

function planOf({ legacy, next, columns }: TableMapping): Plan {
  const key = columns.find((column) => column.legacy === legacy.key[0]);
  assert(key?.kind === 'uuid', `the key of ${quotedName(legacy)} is one uuid`);
  return {
    name: quotedName(next),
    source: quotedName(legacy),
    target: quotedName(next),
    key: { source: key.legacy, target: key.next, kind: 'uuid' },
    columns: columns.map(({ legacy: source, next: target, kind, readAgain }) => ({
      source,
      target,
      kind: kind === 'jsonb' ? 'json' : kind,
      ...(readAgain && { as: (text: string | null) => (text === null ? null : readAgain(text)) }),
    })),
  };
}
