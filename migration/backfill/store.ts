import type { Heartbeat, Position } from '@ticketbuddy/change-stream';
import { schemaSql } from '@ticketbuddy/postgres';
import type pg from 'pg';

/** Where in the target the unit's checkpoint and the like are kept. */
export type Place = { readonly schema: string; readonly unit: string };

/** One at a time per unit, until the connection ends. */
export async function lockWriter(client: pg.PoolClient, unit: string): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    'select pg_try_advisory_lock(hashtextextended($1, 0)) as taken',
    [`backfill.${unit}`],
  );
  return rows[0]?.taken === true;
}

export async function setOrigin(client: pg.PoolClient, origin: string): Promise<void> {
  await client.query(
    'select pg_replication_origin_create($1::text) where pg_replication_origin_oid($1::text) is null',
    [origin],
  );
  await client.query('select pg_replication_origin_session_setup($1)', [origin]);
  // A trigger can see that there is an origin, and not which one.
  await client.query(`select set_config('ticketbuddy.origin', $1, false)`, [origin]);
}

/** The toolkit's tables in the target. No rows of the product are in them, but for those that were rejected. */
export async function createTables(tx: pg.PoolClient, { schema }: Place): Promise<void> {
  await tx.query(`
    ${schemaSql(schema)};
    create table if not exists ${schema}.checkpoints (
      unit text primary key, position pg_lsn not null, beat bigint, beat_written_at text,
      is_paused boolean not null default false, probe_ms_max float8, is_replay_asked boolean not null default false);
    create table if not exists ${schema}.copies (
      unit text, table_name text, place int not null, watermark text[], rows_copied bigint not null default 0,
      rows_estimated bigint not null, estimate_was_wrong boolean not null default false, recent_rows float8 not null default 0,
      recent_ms float8 not null default 0, is_complete boolean not null default false, primary key (unit, table_name));
    create table if not exists ${schema}.applied (unit text, table_name text, xid bigint, primary key (unit, table_name, xid));
    create table if not exists ${schema}.rejects (
      unit text, table_name text, key text, operation text not null, row text, reason text not null,
      rejected_at timestamptz not null default now(), primary key (unit, table_name, key))`);
}

export type Checkpoint = {
  readonly position: Position;
  readonly heartbeat: Heartbeat | undefined;
  readonly isPaused: boolean;
  /** How slow the probe at the source may be, in ms, before the copy gives way. */
  readonly probeMsMax: number | undefined;
};

export async function insertCheckpoint(tx: pg.PoolClient, { schema, unit }: Place, position: Position): Promise<void> {
  await tx.query(`insert into ${schema}.checkpoints (unit, position) values ($1, $2)`, [unit, position]);
}

/** Up to where the unit has been applied, and how it is to run; `undefined` before `begin`. */
export async function readCheckpoint(
  client: pg.Pool | pg.PoolClient,
  { schema, unit }: Place,
): Promise<Checkpoint | undefined> {
  const { rows } = await client.query(
    `select position::text, beat, beat_written_at, is_paused, probe_ms_max from ${schema}.checkpoints where unit = $1`,
    [unit],
  );
  const [row] = rows;
  return (
    row && {
      position: row.position,
      heartbeat: row.beat === null ? undefined : { beat: row.beat, writtenAt: row.beat_written_at },
      isPaused: row.is_paused,
      probeMsMax: row.probe_ms_max ?? undefined,
    }
  );
}

export type Standing = {
  readonly position: Position;
  readonly hasRejects: boolean;
  readonly isPaused: boolean;
  /** A copy is under way, or transactions are remembered that were applied during one. */
  readonly isRemembering: boolean;
};

/** How the unit stands, and nobody else moves it until this transaction ends. */
export async function lockStanding(tx: pg.PoolClient, { schema, unit }: Place): Promise<Standing> {
  const { rows } = await tx.query<Standing>(
    `select position::text, is_paused as "isPaused", exists (select from ${schema}.rejects where unit = $1) as "hasRejects",
       exists (select from ${schema}.copies where unit = $1 and not is_complete)
         or exists (select from ${schema}.applied where unit = $1) as "isRemembering"
     from ${schema}.checkpoints where unit = $1 for update`,
    [unit],
  );
  return rows[0] as Standing;
}

/**
 * Moves the unit on to the last one's position, and remembers the transactions for those of their tables whose copy is not
 * complete, until a snapshot of the source is known to see them.
 */
export async function advance(
  tx: pg.PoolClient,
  { schema, unit }: Place,
  position: Position,
  heartbeat: Heartbeat | undefined,
  changed: readonly AppliedXid[],
): Promise<void> {
  await tx.query(
    `with moved as (
       update ${schema}.checkpoints set position = $2, beat = coalesce($3, beat), beat_written_at = coalesce($4, beat_written_at)
       where unit = $1
     )
     insert into ${schema}.applied (unit, table_name, xid) select unit, table_name, xid
     from unnest($5::text[], $6::bigint[]) as changed (table_name, xid) join ${schema}.copies using (table_name)
     where unit = $1 and not is_complete on conflict do nothing`,
    [
      unit,
      position,
      heartbeat?.beat ?? null,
      heartbeat?.writtenAt ?? null,
      changed.map(({ table }) => table),
      changed.map(({ xid }) => xid),
    ],
  );
}

export async function saveControl(
  client: pg.Pool,
  { schema, unit }: Place,
  set: string,
  value: boolean | number | null,
): Promise<number> {
  const { rowCount } = await client.query(`update ${schema}.checkpoints set ${set} = $2 where unit = $1`, [
    unit,
    value,
  ]);
  return rowCount ?? 0;
}

/** The transaction's commit does not wait for the disk. */
export async function commitWithoutWaiting(tx: pg.PoolClient): Promise<void> {
  await tx.query('set local synchronous_commit = off');
}

export type Recent = { readonly rows: number; readonly ms: number };

export type Copy = {
  readonly table: string;
  readonly watermark: readonly string[] | null;
  readonly rowsCopied: number;
  readonly rowsEstimated: number;
  readonly estimateWasWrong: boolean;
  /** How many of its rows were copied of late, and in what time. */
  readonly recent: Recent;
  readonly isComplete: boolean;
};

export async function insertCopy(
  tx: pg.PoolClient,
  { schema, unit }: Place,
  copy: { readonly table: string; readonly place: number; readonly rowsEstimated: number },
): Promise<void> {
  await tx.query(
    `insert into ${schema}.copies (unit, table_name, place, rows_estimated) values ($1, $2, $3, $4)
     on conflict do nothing`,
    [unit, copy.table, copy.place, copy.rowsEstimated],
  );
}

export async function readCopies(client: pg.Pool | pg.PoolClient, { schema, unit }: Place): Promise<Copy[]> {
  const { rows } = await client.query<Copy>(
    `select table_name as table, watermark, rows_copied as "rowsCopied", rows_estimated as "rowsEstimated",
       estimate_was_wrong as "estimateWasWrong", json_build_object('rows', recent_rows, 'ms', recent_ms) as recent,
       is_complete as "isComplete"
     from ${schema}.copies where unit = $1 order by place`,
    [unit],
  );
  return rows;
}

export async function saveCopy(tx: pg.PoolClient, { schema, unit }: Place, copy: Copy): Promise<void> {
  await tx.query(
    `update ${schema}.copies set watermark = $3, rows_copied = $4, rows_estimated = $5, estimate_was_wrong = $6,
       recent_rows = $7, recent_ms = $8, is_complete = $9 where unit = $1 and table_name = $2`,
    [
      unit,
      copy.table,
      copy.watermark,
      copy.rowsCopied,
      Math.round(copy.rowsEstimated),
      copy.estimateWasWrong,
      copy.recent.rows,
      copy.recent.ms,
      copy.isComplete,
    ],
  );
}

export type AppliedXid = { readonly table: string; readonly xid: number };

export async function readApplied(client: pg.PoolClient, { schema, unit }: Place): Promise<AppliedXid[]> {
  const { rows } = await client.query<AppliedXid>(
    `select table_name as table, xid from ${schema}.applied where unit = $1`,
    [unit],
  );
  return rows;
}

export async function forgetApplied(
  tx: pg.PoolClient,
  { schema, unit }: Place,
  xids: readonly number[],
): Promise<void> {
  await tx.query(`delete from ${schema}.applied where unit = $1 and xid = any($2::bigint[])`, [unit, xids]);
}

/** Whether somebody has asked for it since it was asked last. */
export async function takeReplay(tx: pg.PoolClient, { schema, unit }: Place): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update ${schema}.checkpoints set is_replay_asked = false where unit = $1 and is_replay_asked`,
    [unit],
  );
  return rowCount === 1;
}

/** As if the unit had never begun. */
export async function forgetUnit(tx: pg.PoolClient, { schema, unit }: Place): Promise<void> {
  for (const table of ['checkpoints', 'copies', 'applied', 'rejects']) {
    await tx.query(`delete from ${schema}.${table} where unit = $1`, [unit]);
  }
}
