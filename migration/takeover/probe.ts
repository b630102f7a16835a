import { randomUUID } from 'node:crypto';
import { type Change, type Key, quotedName, type Row } from '@ticketbuddy/change-stream';
import type { Side } from '@ticketbuddy/cutover';
import { readBack, type TableMapping, tableTarget } from '@ticketbuddy/mapping';
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
 * Writes, changes, reads and deletes a row in each table of the side as its applier does, and takes all of it back. Throws
 * what keeps it from that.
 */
export async function probe({ plan, places }: Takeover, side: Side): Promise<string> {
  const client = await places[side].pool.connect();
  try {
    await client.query('begin');
    await limitWaits(client);
    for (const mapping of plan.tables) await tryOut(client, mapping, side);
    return `a row was written, changed, read and deleted in each of ${plan.tables.length} tables`;
  } finally {
    await client.query('rollback').catch(() => undefined);
    client.release();
  }
}

async function tryOut(client: pg.PoolClient, mapping: TableMapping, side: Side): Promise<void> {
  const from = mapping[otherSide(side)];
  const row: Row = Object.fromEntries(
    mapping.columns.map((column) => [column[otherSide(side)], values[column.kind]()]),
  );
  const oldKey: Key = Object.fromEntries(from.key.map((name) => [name, row[name] ?? '']));
  const table = quotedName(from);
  await apply(client, mapping, side, { table, operation: 'insert', oldKey: null, row });
  await apply(client, mapping, side, { table, operation: 'update', oldKey, row: { ...row } });
  const wrong = await readBack(client, mapping, side, row);
  if (wrong !== undefined) throw new Error(`${quotedName(mapping[side])}: a row that is written ${wrong}`);
  await apply(client, mapping, side, { table, operation: 'delete', oldKey, row: null });
  if ((await readBack(client, mapping, side, row)) !== 'is not there') {
    throw new Error(`${quotedName(mapping[side])}: a row that is deleted is still there`);
  }
}

async function apply(client: pg.PoolClient, mapping: TableMapping, side: Side, change: Change): Promise<void> {
  const [reject] = await tableTarget(mapping, side).apply(client, [change]);
  if (reject) throw new Error(`${quotedName(mapping[side])}: ${reject.reason}`);
}
