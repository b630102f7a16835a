import type { Batch, Change, Heartbeat, Key, Row } from './batch.ts';
import type { FeedOptions } from './capturing.ts';
import { SchemaChanged } from './errors.ts';
import { type Shape, shapeHash } from './shape.ts';
import type { WrittenChange } from './store-changes.ts';
import { heartbeatTable, quotedName } from './unit.ts';

export type Batching = Pick<FeedOptions, 'unit' | 'shapes' | 'skippedOrigin'>;

/** What was written is whole up to a failure, which is none of its transaction's. */
export type Batched = { readonly batches: readonly Batch[]; readonly failure: unknown };

/** Makes transactions of what triggers have written down; a `SchemaChanged` stands before the first row of a table that is not what it was. */
export function createBatcher({
  unit,
  shapes,
  skippedOrigin,
}: Batching): (written: readonly WrittenChange[]) => Batched {
  const known = new Map(shapes.map((shape) => [shape.table, { shape, hash: shapeHash(shape) }]));
  const keys = new Map(unit.tables.map((table) => [quotedName(table), table.key]));
  const heartbeats = heartbeatTable(unit);

  return (written) => {
    const batches: Batch[] = [];
    try {
      for (const changes of byTransaction(written)) batches.push(toBatch(changes));
      return { batches, failure: undefined };
    } catch (failure) {
      return { batches, failure };
    }
  };

  function toBatch(written: readonly [WrittenChange, ...WrittenChange[]]): Batch {
    const [{ xid, position, origin }] = written;
    const beats = written.filter((one) => quotedName(one) === heartbeats);
    const isOurs = skippedOrigin !== undefined && origin === skippedOrigin;
    return {
      position,
      commitLsn: position,
      xid: Number(BigInt(xid) & 0xffffffffn),
      origin: origin ?? undefined,
      heartbeat: toHeartbeat(beats.at(-1)),
      changes: isOurs ? [] : written.filter((one) => !beats.includes(one)).map(toChange),
    };
  }

  function toChange(written: WrittenChange): Change {
    const table = quotedName(written);
    const found = known.get(table);
    if (!found) throw new SchemaChanged(table, 'not of the unit', 'caught by its triggers');
    if (found.hash !== written.shape) throw new SchemaChanged(table, columnsOf(found.shape), 'another one');
    const { operation } = written;
    if (operation === 'truncate') return { table, operation, oldKey: null, row: null };
    if (operation === 'insert') return { table, operation, oldKey: null, row: toRow(written, found.shape) };
    const oldKey = toKey(written, keys.get(table) ?? []);
    if (operation === 'delete') return { table, operation, oldKey, row: null };
    return { table, operation, oldKey, row: toRow(written, found.shape) };
  }
}

function byTransaction(written: readonly WrittenChange[]): (readonly [WrittenChange, ...WrittenChange[]])[] {
  const transactions: [WrittenChange, ...WrittenChange[]][] = [];
  for (const change of written) {
    const last = transactions.at(-1);
    if (last?.[0].xid === change.xid) last.push(change);
    else transactions.push([change]);
  }
  return transactions;
}

function toRow({ values }: WrittenChange, { columns }: Shape): Row {
  return Object.fromEntries(columns.map(({ name }, at) => [name, values?.[at] ?? null]));
}

function toKey({ oldKey }: WrittenChange, key: readonly string[]): Key {
  return Object.fromEntries(key.map((name, at) => [name, oldKey?.[at] ?? '']));
}

// Its columns are ours, and in this order.
function toHeartbeat(written: WrittenChange | undefined): Heartbeat | undefined {
  if (!written?.values) return undefined;
  const [, beat, writtenAt] = written.values;
  return { beat: Number(beat), writtenAt: writtenAt ?? '' };
}

function columnsOf({ columns }: Shape): string {
  return `(${columns.map(({ name, typeOid }) => `${name} ${typeOid}`).join(', ')})`;
}
