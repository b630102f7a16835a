import assert from 'node:assert/strict';
import { StartError } from '@ticketbuddy/errors';
import { withTransaction } from '@ticketbuddy/postgres';
import type pg from 'pg';
import type { Blocker, Fence, FencePlan, OwnerChange, Ownership } from './owner.ts';
import {
  blockersOf,
  changeRow,
  createGuard,
  createTrigger,
  dropAll,
  dropTrigger,
  findRow,
  type GuardedTable,
  guardedTables,
  insertRow,
  isGuardOurs,
  limitWaits,
  lockOwner,
  lockUnit,
  logPosition,
  oidsOf,
} from './store.ts';

/** Somebody else has changed the owner, or it is not who was thought. Nothing was changed. */
export class OwnerDiffers extends Error {}

/** Writers were not over in time. Nothing was changed. */
export class FenceBusy extends Error {
  readonly blockers: readonly Blocker[];

  constructor(unit: string, waitedMs: number, blockers: readonly Blocker[]) {
    const those = blockers.map(
      ({ pid, application, openForMs }) => `${pid} (${application}, open for ${openForMs} ms)`,
    );
    super(`After ${waitedMs} ms these transactions on ${unit} are still open: ${those.join(', ') || 'none any more'}.`);
    this.blockers = blockers;
  }
}

/**
 * Lets the database itself refuse every write to the unit's tables by the side that does not own it, whoever writes and
 * without a change to any program. The tables are in this side's database; the owner is as given until somebody changes
 * it. Does nothing when all is there already. Writers wait for it, so it gives up soon: throws `FenceBusy` when
 * transactions on the tables are not over after `waitMsMax`, and a `StartError` when there is a fence that differs.
 */
export async function raiseFence(
  pool: pg.Pool,
  plan: FencePlan,
  ownership: Ownership,
  waitMsMax = 1_000,
): Promise<void> {
  assert.match(plan.unit, /^[a-z][a-z0-9_]*$/, 'a unit has a plain name');
  assert.ok(plan.tables.length > 0, 'a unit has tables');
  await inTime(pool, { ...plan, tables: [] }, waitMsMax, async (client) => {
    await createGuard(client);
    await lockOwner(client, plan.unit);
    const known = await findRow(client, plan.unit);
    if (known && !isSame(known, ownership)) throw leftOver(plan.unit, known);
    if (!known) await insertRow(client, plan.unit, ownership);
  });
  await oneByOne(pool, plan, waitMsMax, (client, table) => createTrigger(client, plan, table));
}

/** `undefined` when the unit has no fence in this database. */
export async function readFence(pool: pg.Pool, unit: string): Promise<Fence | undefined> {
  return findRow(pool, unit).catch((error: { code?: unknown }) => {
    if (error.code !== undefinedTable) throw error;
    return undefined;
  });
}

/** What is wrong with the fence, a sentence each: somebody may have dropped, disabled or replaced a part of it. */
export async function fenceFaults(pool: pg.Pool, plan: FencePlan): Promise<string[]> {
  const guarded = new Map((await guardedTables(pool, plan.unit)).map((one) => [Number(one.oid), one]));
  const oids = await oidsOf(pool, plan.tables);
  const faults = plan.tables.flatMap((table) => faultOf(table, guarded.get(oids.get(table) ?? 0), plan));
  if (!(await isGuardOurs(pool))) faults.push('the function of the fence is another than ours');
  return (await readFence(pool, plan.unit)) ? faults : [...faults, `${plan.unit} has no owner here`];
}

/**
 * Changes the owner when all transactions are over that have written to the unit; none that writes later gets in before. Somebody
 * else's change that is under way is waited for.
 * So whatever the old owner has written is before the answer's position in the log, and nothing of it after. Throws
 * `OwnerDiffers` when the owner is not `from`, and `FenceBusy` when writers are not over after `waitMsMax`. What is done
 * besides is part of it: all of it or none.
 */
export async function changeOwner(
  pool: pg.Pool,
  change: OwnerChange,
  waitMsMax: number,
  besides?: (client: pg.ClientBase) => Promise<void>,
): Promise<string> {
  const { unit, from, to } = change;
  assert.ok(to.epoch >= from.epoch, 'an epoch never comes again');
  await inTime(pool, { unit, tables: [] }, waitMsMax, async (client) => {
    await lockOwner(client, unit);
    const known = await findRow(client, unit);
    // Before writers are waited for, who would have to wait as well.
    if (!(known && isSame(known, from))) throw differs(change, known);
    await lockUnit(client, unit);
    if (!(await changeRow(client, change))) throw differs(change, await findRow(client, unit));
    await besides?.(client);
  });
  return logPosition(pool);
}

/**
 * Removes the unit's fence, and with the last one all that is ours in this database. Throws `FenceBusy` when transactions
 * on its tables are not over after `waitMsMax`.
 */
export async function removeFence(pool: pg.Pool, unit: string, waitMsMax = 1_000): Promise<void> {
  await lowerFence(pool, unit, waitMsMax);
  await inTime(pool, { unit, tables: [] }, waitMsMax, (client) => dropAll(client, unit));
}

/** Lets everybody write again, and goes on saying who the owner is. Throws `FenceBusy` as `removeFence` does. */
export async function lowerFence(pool: pg.Pool, unit: string, waitMsMax = 1_000): Promise<void> {
  const tables = (await guardedTables(pool, unit)).map(({ table }) => table);
  await oneByOne(pool, { unit, tables }, waitMsMax, (client, table) => dropTrigger(client, unit, table));
}

/** A transaction each: a writer who has one table and waits for the next would be stopped by who has that and waits for his. */
async function oneByOne(
  pool: pg.Pool,
  { unit, tables }: Pick<FencePlan, 'unit' | 'tables'>,
  waitMsMax: number,
  work: (client: pg.PoolClient, table: string) => Promise<void>,
): Promise<void> {
  for (const table of tables) await inTime(pool, { unit, tables: [table] }, waitMsMax, (client) => work(client, table));
}

const lockNotAvailable = '55P03';
const undefinedTable = '42P01';

// Whoever waits for a lock makes all who come after him wait as well.
async function inTime(
  pool: pg.Pool,
  { unit, tables }: Pick<FencePlan, 'unit' | 'tables'>,
  waitMsMax: number,
  work: (client: pg.PoolClient) => Promise<void>,
): Promise<void> {
  try {
    await withTransaction(pool, async (client) => {
      await limitWaits(client, waitMsMax);
      await work(client);
    });
  } catch (error) {
    if ((error as { code?: unknown }).code !== lockNotAvailable) throw error;
    throw new FenceBusy(unit, waitMsMax, await blockersOf(pool, unit, tables));
  }
}

function isSame(one: Ownership, other: Ownership): boolean {
  return one.owner === other.owner && one.epoch === other.epoch;
}

function leftOver(unit: string, { owner, epoch }: Ownership): StartError {
  return new StartError(
    `There is a fence of ${unit} already, of ${owner} in epoch ${epoch}: go on with that move, or remove it with abandon.`,
  );
}

function faultOf(
  table: string,
  guarded: GuardedTable | undefined,
  { side, appliers, needsEpoch }: FencePlan,
): string[] {
  if (!guarded) return [`${table} has no fence`];
  if (!guarded.isAlways) return [`the fence of ${table} is disabled`];
  if (!guarded.coversAll) return [`the fence of ${table} does not see all writes`];
  const isAsPlanned = guarded.side === side && guarded.needsEpoch === needsEpoch;
  const sameAppliers = appliers.every((role) => guarded.condition.includes(`'${role}'`));
  return isAsPlanned && sameAppliers ? [] : [`the fence of ${table} is another than planned`];
}

function differs({ unit, from }: OwnerChange, found: Ownership | undefined): OwnerDiffers {
  if (found && isSame(found, from)) return new OwnerDiffers(`The move of ${unit} was given up.`);
  const is = found ? `${found.owner} in epoch ${found.epoch}` : 'nobody: there is no fence';
  return new OwnerDiffers(`The owner of ${unit} is ${is}, not ${from.owner} in epoch ${from.epoch}.`);
}
