import { randomUUID } from 'node:crypto';
import { type Change, quotedName, type Row } from '@ticketbuddy/change-stream';
import type { Side } from '@ticketbuddy/cutover';
import { type TableMapping, tableTarget } from '@ticketbuddy/mapping';
import type { Kind } from '@ticketbuddy/parity';
import type pg from 'pg';
import { limitWaits } from './store.ts';
import { otherSide, type Takeover } from './takeover.ts';

const values: Readonly<Record<Kind, () => string>> = {
  uuid: randomUUID,
  text: () => 'canary',
  integer: () => '1',
  numeric: () => '1',
  timestamptz: () => '2030-01-01 00:00:00+00',
  boolean: () => 't',
  jsonb: () => '{}',
  bytea: () => '\\x00',
};

/**
 * Writes, changes and deletes a row in each table of the side as its applier does, and takes all of it back. Throws what
 * keeps it from that.
 */
export async function probe({ plan, places }: Takeover, side: Side): Promise<string> {
  const client = await places[side].pool.connect();
  try {
    await client.query('begin');
    await limitWaits(client);
    for (const mapping of plan.tables) await tryOut(client, mapping, side);
    return `a row was written to, changed in and deleted from each of ${plan.tables.length} tables`;
  } finally {
    await client.query('rollback').catch(() => undefined);
    client.release();
  }
}

async function tryOut(client: pg.PoolClient, mapping: TableMapping, side: Side): Promise<void> {
  const target = tableTarget(mapping, side);
  const from = mapping[otherSide(side)];
  const row: Row = Object.fromEntries(
    mapping.columns.map((column) => [column[otherSide(side)], values[column.kind]()]),
  );
  const table = quotedName(from);
  const oldKey = Object.fromEntries(from.key.map((name) => [name, row[name] ?? '']));
  const changes: Change[] = [
    { table, operation: 'insert', oldKey: null, row },
    { table, operation: 'update', oldKey, row: { ...row } },
    { table, operation: 'delete', oldKey, row: null },
  ];
  for (const change of changes) {
    const [reject] = await target.apply(client, [change]);
    if (reject) throw new Error(`${quotedName(mapping[side])}: ${reject.reason}`);
  }
}
