import { allowSilence, withTransaction } from '@ticketbuddy/postgres';
import type pg from 'pg';
import type { Position } from './position.ts';
import type { Captured, Queryable } from './store.ts';
import { heartbeatTable, nameOf, quotedName, type SourceTable, type Unit } from './unit.ts';

/** From now on the old row is in the log whole. */
export async function logWholeRows(client: pg.PoolClient, table: SourceTable): Promise<void> {
  const name = quotedName(table);
  const { rowCount } = await client.query("select from pg_class where oid = to_regclass($1) and relreplident <> 'f'", [
    name,
  ]);
  if (rowCount === 1) await client.query(`alter table ${name} replica identity full`);
}

/** Unless there is a publication already: a table that is added to that one would have a gap. */
export async function publish(client: pg.PoolClient, unit: Unit): Promise<void> {
  const { rowCount } = await client.query('select from pg_publication where pubname = $1', [nameOf(unit)]);
  const tables = [...unit.tables.map(quotedName), heartbeatTable(unit)].join(', ');
  if (rowCount === 0) await client.query(`create publication ${nameOf(unit)} for table ${tables}`);
}

export type Unpublished = { readonly name: string; readonly isGone: boolean };

/** The unit's tables that its publication does not have, as happens to one that was dropped and made again. */
export async function readUnpublished(client: Queryable, unit: Unit): Promise<Unpublished[]> {
  const { rows } = await client.query<Unpublished>(
    `select name, to_regclass(name) is null as "isGone" from unnest($1::text[]) as name where not exists (
       select from pg_publication_rel join pg_publication on pg_publication.oid = prpubid
       where pubname = $2 and prrelid = to_regclass(name))`,
    [unit.tables.map(quotedName), nameOf(unit)],
  );
  return rows;
}

export async function restoreIdentity(client: pg.PoolClient, { table, identity, index }: Captured): Promise<void> {
  const word = identityWords[identity] ?? `using index ${index?.split('.').at(-1)}`;
  await client.query(`alter table ${table} replica identity ${word}`);
}

const identityWords: Readonly<Record<string, string>> = { d: 'default', f: 'full', n: 'nothing' };

// It waits for every transaction that is open in the whole server, which keeps nobody else waiting.
const slotWait = '10min';

export async function insertSlot(pool: pg.Pool, unit: Unit): Promise<Position> {
  return withTransaction(pool, async (client) => {
    await client.query(`set local lock_timeout = '${slotWait}'; set local statement_timeout = '${slotWait}'`);
    allowSilence(client, true);
    try {
      const { rows } = await client.query<{ position: Position }>(
        "select lsn::text as position from pg_create_logical_replication_slot($1, 'pgoutput')",
        [nameOf(unit)],
      );
      return rows[0]?.position ?? '0/0';
    } finally {
      allowSilence(client, false);
    }
  });
}

export type Slot = {
  readonly bytes: number;
  readonly isActive: boolean;
  readonly isInvalid: boolean;
  readonly confirmed: Position | null;
};

export async function readSlot(client: Queryable, unit: Unit): Promise<Slot | undefined> {
  // Why a slot was invalidated is told by a column that PostgreSQL 15 does not have.
  const { rows } = await client.query<Slot>(
    `select coalesce(pg_current_wal_lsn() - restart_lsn, 0)::float8 as bytes, active as "isActive",
       (coalesce(wal_status, 'lost') = 'lost' or to_jsonb(slot) ->> 'invalidation_reason' is not null) as "isInvalid",
       confirmed_flush_lsn::text as confirmed
     from pg_replication_slots as slot where slot_name = $1`,
    [nameOf(unit)],
  );
  return rows[0];
}

/** Ends whoever reads the slot, and drops it. Fails with 55006 while that one has not ended yet. */
export async function deleteSlot(pool: pg.Pool, unit: Unit): Promise<void> {
  const slot = [nameOf(unit)];
  await pool.query('select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $1', slot);
  await pool.query('select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1', slot);
}
