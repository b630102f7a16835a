import { conflict } from '@ticketbuddy/errors';
import { withTransaction } from '@ticketbuddy/postgres';
import type pg from 'pg';
import type { Capturing, Kept } from './capturing.ts';
import { NewCopyNeeded, SchemaChanged } from './errors.ts';
import type { Position } from './position.ts';
import type { Shape } from './shape.ts';
import { type Captured, type Queryable, readShape } from './store.ts';
import {
  beginReading,
  createCatching,
  createChangeTables,
  createTriggers,
  dropTriggers,
  emptyChanges,
  endReaders,
  type FoundTable,
  findTables,
  hasCutOff,
  idleAll,
  readChangesSize,
  readReaders,
  readReading,
  readTriggers,
  readUnseen,
  saveCaughtBy,
} from './store-triggers.ts';
import { isInTheWay, withTableLock } from './table-lock.ts';
import { openTriggerFeed } from './trigger-feed.ts';
import { heartbeatTable, nameOf, quotedName, type SourceTable, type Unit } from './unit.ts';

/** Triggers that write each change into a table of ours, in the transaction that makes it. */
export const triggerCapture: Capturing = {
  kind: 'triggers',
  createTables: createChangeTables,
  takeTable: async () => undefined,
  finish: assertCaught,
  readShape: async (client, table) => withoutIdentity(await readShape(client, table)),
  assertWhole: assertCaught,
  acceptShapes,
  renew,
  releaseTable: (client, unit, { table }: Captured) => dropTriggers(client, unit, table),
  begin,
  end,
  readKept,
  openFeed: openTriggerFeed,
};

// What of the old row is in the log is of no matter.
function withoutIdentity(shape: Shape | undefined): Shape | undefined {
  return shape && { ...shape, identity: null };
}

async function assertCaught(client: Queryable, unit: Unit): Promise<void> {
  const tables = await findTables(client, unit.tables.map(quotedName));
  const gone = tables.find(({ oid }) => oid === null);
  if (gone) throw new SchemaChanged(gone.name, 'there', 'gone');
  const { confirmed, caughtBy } = await readReading(client, unit);
  if (confirmed === null) return;
  const found = await readTriggers(client, unit);
  for (const { name, oid } of [...tables, ...(await findTables(client, [heartbeatTable(unit)]))]) {
    const by = found[String(oid)];
    if (by === undefined || by !== caughtBy[String(oid)])
      throw new NewCopyNeeded(unit.name, 'trigger-missing', `: ${name}`);
  }
}

/** Statements of the triggers' functions are made for the tables as they are; no table is locked for it. */
async function acceptShapes(pool: pg.Pool, unit: Unit): Promise<void> {
  await withTransaction(pool, (client) => renewFunctions(client, unit));
}

/** There was a time when triggers knew no limit of what they write down. */
async function renew(pool: pg.Pool, unit: Unit): Promise<void> {
  if (await hasCutOff(pool, unit)) return;
  await withTransaction(pool, async (client) => {
    await createChangeTables(client, unit);
    await assertCaught(client, unit);
    await renewFunctions(client, unit);
  });
}

async function renewFunctions(client: pg.PoolClient, unit: Unit): Promise<void> {
  if ((await readReading(client, unit)).confirmed === null) return;
  await createFunctions(client, unit);
  await saveCaughtBy(client, unit);
}

/**
 * A trigger is made under a lock for which every transaction has to be over that has written to the table, and that it keeps
 * from all who come later: so nobody has written, or will write, past it.
 */
async function begin(pool: pg.Pool, unit: Unit): Promise<Position> {
  if ((await readReading(pool, unit)).confirmed !== null)
    throw conflict('slot_exists', `The changes of the unit ${unit.name} are captured already`);
  await assertSeen(pool, unit);
  try {
    const tables = await withTransaction(pool, (client) => createFunctions(client, unit));
    for (const { name, oid } of tables)
      await withTableLock(pool, (client) => createTriggers(client, unit, name, Number(oid)));
    return await withTransaction(pool, async (client) => {
      await saveCaughtBy(client, unit);
      return beginReading(client, unit);
    });
  } catch (error) {
    // Nobody would read, or look after, what the first tables' triggers write by now.
    await end(pool, unit).catch(() => undefined);
    throw error;
  }
}

async function assertSeen(pool: pg.Pool, unit: Unit): Promise<void> {
  const [unseen] = await readUnseen(pool, unit.tables.map(quotedName));
  if (!unseen) return;
  const { name, isSubscribed } = unseen;
  throw isSubscribed
    ? conflict('is_subscribed', `${name} is filled by a subscription, whose rows no trigger of a statement sees`)
    : conflict('is_partitioned', `${name} is a part of another table, or has parts: no trigger sees both`);
}

async function createFunctions(client: pg.PoolClient, unit: Unit): Promise<FoundTable[]> {
  const beats: SourceTable = { schema: nameOf(unit), name: 'heartbeats', key: ['is_only'] };
  const caught = [...unit.tables, beats];
  const tables = await findTables(client, caught.map(quotedName));
  for (const [nth, { name, oid }] of tables.entries()) {
    if (oid === null) throw new SchemaChanged(name, 'there', 'gone');
    await createCatching(client, unit, { oid, key: caught[nth]?.key ?? [] });
  }
  return tables;
}

/** At once for all who write: nothing of it waits for them. Only the disk may be freed a little later. */
async function end(pool: pg.Pool, unit: Unit): Promise<void> {
  await withTransaction(pool, (client) => idleAll(client, unit));
  await endReaders(pool, unit);
  try {
    await withTableLock(pool, (client) => emptyChanges(client, unit, 'truncate'), emptyAttempts);
  } catch (error) {
    if (!isInTheWay(error)) throw error;
    await withTransaction(pool, (client) => emptyChanges(client, unit, 'delete'));
  }
}

const emptyAttempts = 3;

async function readKept(pool: pg.Pool, unit: Unit): Promise<Kept> {
  const { confirmed, isCutOff } = await readReading(pool, unit);
  if (confirmed === null) throw new NewCopyNeeded(unit.name, 'slot-missing');
  const [bytes, readers] = [await readChangesSize(pool, unit), await readReaders(pool, unit)];
  return { bytes, isActive: readers.length > 0, confirmed, isCutOff };
}
