import { setTimeout as delay } from 'node:timers/promises';
import { conflict } from '@ticketbuddy/errors';
import { withTransaction } from '@ticketbuddy/postgres';
import type pg from 'pg';
import { NewCopyNeeded, SchemaChanged } from './errors.ts';
import { assertSameShape, type Shape } from './shape.ts';
import { dropSlot } from './slot.ts';
import {
  captureTable,
  createOwnTables,
  dropOwnTables,
  hasOwnTables,
  lockBriefly,
  publish,
  readCaptured,
  readPrimaryKey,
  readSavedShapes,
  readShape,
  readUnpublished,
  restoreIdentity,
  saveShape,
} from './store.ts';
import { quotedName, type SourceTable, type Unit } from './unit.ts';

/**
 * Makes the source ready: the unit's schema with its heartbeat, whole old rows in the log, a publication, and a record of
 * what the tables look like. Doing it again changes nothing, and throws what `schemaNow` does. A table's lock is waited for a second at a time, since others
 * wait behind it; after half a minute of tries it fails with a passing error. Throws a conflict when the key is not the
 * table's primary key.
 */
export async function prepare(pool: pg.Pool, unit: Unit): Promise<void> {
  await withTransaction(pool, async (client) => {
    await createOwnTables(client, unit);
    for (const table of unit.tables) await assertKey(client, table);
  });
  const saved = new Set((await readSavedShapes(pool, unit)).map((shape) => shape.table));
  for (const table of unit.tables) {
    await withTableLock(pool, async (client) => {
      await captureTable(client, unit, table);
      if (!saved.has(quotedName(table))) await saveShape(client, unit, await existing(client, table));
    });
  }
  await withTransaction(pool, async (client) => {
    await publish(client, unit);
    await assertPublished(client, unit);
  });
}

/**
 * The mapping knows the tables as they are now: the stream may go on with them. Throws `NewCopyNeeded` when one was made
 * anew, as nobody has followed it since.
 */
export async function acceptSchema(pool: pg.Pool, unit: Unit): Promise<void> {
  await prepare(pool, unit);
  for (const table of unit.tables) await saveShape(pool, unit, await existing(pool, table));
}

/**
 * What the tables looked like when they were prepared or accepted. Throws `SchemaChanged` when one is gone,
 * or, with `table`, when that one is different by now, and `NewCopyNeeded` when one was made anew.
 */
export async function schemaNow(
  client: pg.Pool | pg.PoolClient,
  unit: Unit,
  table?: SourceTable,
): Promise<readonly Shape[]> {
  const saved = await readSavedShapes(client, unit);
  await assertPublished(client, unit);
  const known = table && saved.find((shape) => shape.table === quotedName(table));
  if (known) assertSameShape(known, await existing(client, table));
  return saved;
}

/**
 * Takes every trace of the unit out of the source: slot, publication, heartbeat, and puts each replica identity back.
 * May be called at any time and again.
 */
export async function abandon(pool: pg.Pool, unit: Unit): Promise<void> {
  await dropSlot(pool, unit);
  const captured = (await hasOwnTables(pool, unit)) ? await readCaptured(pool, unit) : [];
  for (const table of captured) await withTableLock(pool, (client) => restoreIdentity(client, table));
  await withTransaction(pool, (client) => dropOwnTables(client, unit));
}

const lockAttemptsMax = 30;

// One table in one short transaction: holding the lock of one while waiting for that of the next would stop both.
async function withTableLock(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<void>,
  attempt = 1,
): Promise<void> {
  try {
    await withTransaction(pool, async (client) => {
      await lockBriefly(client);
      await work(client);
    });
  } catch (error) {
    const isInTheWay = ['55P03', '40P01'].includes((error as { code?: string }).code ?? '');
    if (!isInTheWay || attempt === lockAttemptsMax) throw error;
    await delay(100);
    await withTableLock(pool, work, attempt + 1);
  }
}

async function assertPublished(client: pg.Pool | pg.PoolClient, unit: Unit): Promise<void> {
  const [missing] = await readUnpublished(client, unit);
  if (missing?.isGone) throw new SchemaChanged(missing.name, 'there', 'gone');
  if (missing) throw new NewCopyNeeded(unit.name, 'table-unpublished', `: ${missing.name}`);
}

async function assertKey(client: pg.PoolClient, table: SourceTable): Promise<void> {
  const found = await readPrimaryKey(client, table);
  if (found.length > 0 && [...found].sort().join() === [...table.key].sort().join()) return;
  const names = `(${table.key.join(', ')})`;
  throw conflict(
    'not_the_primary_key',
    `${names} is not the primary key of ${quotedName(table)}: (${found.join(', ')})`,
  );
}

async function existing(client: pg.Pool | pg.PoolClient, table: SourceTable): Promise<Shape> {
  const shape = await readShape(client, table);
  if (!shape) throw new SchemaChanged(quotedName(table), 'there', 'gone');
  return shape;
}
