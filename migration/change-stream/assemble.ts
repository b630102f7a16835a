import assert from 'node:assert/strict';
import type { Batch, Change, Heartbeat, Key, Row } from './batch.ts';
import { SchemaChanged } from './errors.ts';
import type { Message, Relation, Tuple } from './pgoutput.ts';
import { assertSameShape, type Shape } from './shape.ts';
import { heartbeatTable, quotedName, type Unit } from './unit.ts';

export type Assembler = (message: Message) => Batch | undefined;

type Transaction = {
  readonly begin: Extract<Message, { kind: 'begin' }>;
  origin?: string;
  heartbeat?: Heartbeat;
  readonly changes: Change[];
};

export type Assembly = {
  readonly unit: Unit;
  readonly shapes: readonly Shape[];
  /** Transactions that carry this origin are ours: their changes are left out. */
  readonly skippedOrigin: string | undefined;
};

/**
 * Makes transactions of the messages of one connection. Answers each when its commit has come; throws `SchemaChanged`
 * before the first row of a table that is not what it was.
 */
export function createAssembler({ unit, shapes, skippedOrigin }: Assembly): Assembler {
  const relations = new Map<number, Relation>();
  const known = new Map(shapes.map((shape) => [shape.table, shape]));
  const keys = new Map(unit.tables.map((table) => [quotedName(table), table.key]));
  const heartbeats = heartbeatTable(unit);
  let transaction: Transaction | undefined;

  return (message) => {
    if (message.kind === 'begin') transaction = { begin: message, changes: [] };
    if (message.kind === 'relation') relations.set(message.id, message);
    if (message.kind === 'ignored' || message.kind === 'begin' || message.kind === 'relation') return undefined;
    assert(transaction, 'the server sent a change outside a transaction');
    if (message.kind === 'commit') return toBatch(transaction, message.end);
    if (message.kind === 'origin') transaction.origin = message.name;
    else take(transaction, message);
    return undefined;
  };

  function take(into: Transaction, message: RowMessage): void {
    for (const id of message.kind === 'truncate' ? message.relations : [message.relation]) {
      const relation = relations.get(id);
      assert(relation, 'the server sent a row of a table that it had not described');
      const table = quotedName(relation);
      if (table === heartbeats) into.heartbeat = readHeartbeat(message, relation);
      else if (skippedOrigin === undefined || into.origin !== skippedOrigin) {
        into.changes.push(...toChanges(message, checked(relation, table), table, keys.get(table) ?? []));
      }
    }
  }

  function checked(relation: Relation, table: string): Relation {
    const shape = known.get(table);
    // A table that was renamed stays in the publication.
    if (!shape) throw new SchemaChanged(table, 'not of the unit', 'in its publication');
    assertSameShape(shape, { table, identity: relation.identity, columns: relation.columns });
    return relation;
  }
}

function toBatch({ begin, origin, heartbeat, changes }: Transaction, position: string): Batch {
  return { position, commitLsn: begin.commitLsn, xid: begin.xid, origin, heartbeat, changes };
}

type RowMessage = Extract<Message, { kind: 'insert' | 'update' | 'delete' | 'truncate' }>;

function toChanges(message: RowMessage, relation: Relation, table: string, key: readonly string[]): Change[] {
  if (message.kind === 'truncate') return [{ table, operation: 'truncate', oldKey: null, row: null }];
  if (message.kind === 'insert') {
    return [{ table, operation: 'insert', oldKey: null, row: toRow(message.row, relation) }];
  }
  assert(message.old, `the old row of ${table} is not in the log`);
  const oldKey = keyOf(toRow(message.old, relation), key);
  if (message.kind === 'delete') return [{ table, operation: 'delete', oldKey, row: null }];
  const row = toRow(message.row, relation, message.old);
  if (key.every((column) => row[column] === oldKey[column])) return [{ table, operation: 'update', oldKey, row }];
  return [
    { table, operation: 'delete', oldKey, row: null },
    { table, operation: 'insert', oldKey: null, row },
  ];
}

function toRow(tuple: Tuple, { columns, name }: Relation, old?: Tuple): Row {
  const entries = columns.map((column, at) => {
    const value = tuple[at] === undefined ? old?.[at] : tuple[at];
    assert(value !== undefined, `the value of ${name}.${column.name} is not in the log`);
    return [column.name, value] as const;
  });
  return Object.fromEntries(entries);
}

function keyOf(row: Row, key: readonly string[]): Key {
  return Object.fromEntries(key.map((column) => [column, row[column] as string]));
}

function readHeartbeat(message: RowMessage, relation: Relation): Heartbeat {
  assert(message.kind === 'update' || message.kind === 'insert', 'a heartbeat is a row that is written');
  const row = toRow(message.row, relation, message.kind === 'update' ? message.old : undefined);
  return { beat: Number(row.beat), writtenAt: row.written_at ?? '' };
}
