import { conflict } from '@ticketbuddy/errors';
import { withTransaction } from '@ticketbuddy/postgres';
import type pg from 'pg';
import { capturingOf, chooseCapturing } from './capture.ts';
import type { Capturing } from './capturing.ts';
import { SchemaChanged } from './errors.ts';
import { assertSameShape, type Shape } from './shape.ts';
import { dropSlot } from './slot.ts';
import {
  createOwnTables,
  dropOwnTables,
  hasOwnTables,
  type Queryable,
  readCaptured,
  readPrimaryKey,
  readSavedShapes,
  rememberTable,
  saveShape,
} from './store.ts';
import { withTableLock } from './table-lock.ts';
import { quotedName, type SourceTable, type Unit } from './unit.ts';

/**
 * Makes the source ready: the unit's schema with its heartbeat and a record of what the tables look like, and what its capture
 * needs: by the log whole old rows and a publication, by triggers a table for what they write. By which of the two is
 * decided here, once. Doing it again changes nothing, and throws what `schemaNow` does. A table's lock is waited for a second
 * at a time, since others wait behind it; after half a minute of tries it fails with a passing error. Throws a conflict when the
 * key is not the table's primary key.
 */
export async function prepare(pool: pg.Pool, unit: Unit): Promise<void> {
  const capturing = await chooseCapturing(pool, unit);
  await withTransaction(pool, async (client) => {
    await createOwnTables(client, unit);
    await capturing.createTables(client, unit);
    for (const table of unit.tables) await assertKey(client, table);
  });
  const saved = new Set((await readSavedShapes(pool, unit)).map((shape) => shape.table));
  for (const table of unit.tables) {
    await withTableLock(pool, async (client) => {
      await rememberTable(client, unit, table);
      await capturing.takeTable(client, table);
      if (!saved.has(quotedName(table))) await saveShape(client, unit, await existing(client, capturing, table));
    });
  }
  await withTransaction(pool, (client) => capturing.finish(client, unit));
}

/**
 * The mapping knows the tables as they are now: the stream may go on with them. Throws `NewCopyNeeded` when one was made
 * anew, as nobody has followed it since.
 */
export async function acceptSchema(pool: pg.Pool, unit: Unit): Promise<void> {
  await prepare(pool, unit);
  const capturing = await capturingOf(pool, unit);
  for (const table of unit.tables) await saveShape(pool, unit, await existing(pool, capturing, table));
  await capturing.acceptShapes(pool, unit);
}

/**
 * What the tables looked like when they were prepared or accepted. Throws `SchemaChanged` when one is gone,
 * or, with `table`, when that one is different by now, and `NewCopyNeeded` when the changes of one are not captured any more, as
 * happens to one that was made anew.
 */
export async function schemaNow(client: Queryable, unit: Unit, table?: SourceTable): Promise<readonly Shape[]> {
  const capturing = await capturingOf(client, unit);
  const saved = await readSavedShapes(client, unit);
  await capturing.assertWhole(client, unit);
  const known = table && saved.find((shape) => shape.table === quotedName(table));
  if (known) assertSameShape(known, await existing(client, capturing, table));
  return saved;
}

/**
 * Takes every trace of the unit out of the source: what captured its changes, heartbeat, and puts each replica identity back.
 * May be called at any time and again.
 */
export async function abandon(pool: pg.Pool, unit: Unit): Promise<void> {
  await dropSlot(pool, unit);
  const capturing = await capturingOf(pool, unit);
  const captured = (await hasOwnTables(pool, unit)) ? await readCaptured(pool, unit) : [];
  for (const table of captured) await withTableLock(pool, (client) => capturing.releaseTable(client, unit, table));
  // It takes triggers off a table that was renamed, which has its lock too.
  await withTableLock(pool, (client) => dropOwnTables(client, unit));
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

async function existing(client: Queryable, capturing: Capturing, table: SourceTable): Promise<Shape> {
  const shape = await capturing.readShape(client, table);
  if (!shape) throw new SchemaChanged(quotedName(table), 'there', 'gone');
  return shape;
}
