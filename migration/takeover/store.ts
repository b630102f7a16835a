import type { Owner, Ownership } from '@ticketbuddy/cutover';
import { schemaSql } from '@ticketbuddy/postgres';
import pg from 'pg';
import { schema } from './schema.ts';
import { isThere } from './store-shares.ts';

type Querying = Pick<pg.ClientBase, 'query'>;

export async function createOwnersSeen(query: Querying): Promise<void> {
  await query.query(`
    ${schemaSql(schema)};
    create table if not exists ${schema}.owners_seen (stream text primary key, owner text not null, epoch bigint not null);
    alter table ${schema}.owners_seen add column if not exists deadline timestamptz`);
}

/** As the row of the fence has it in the stream. */
export type OwnerInStream = Ownership & { readonly deadline: string | null };

export async function saveOwnerSeen(
  tx: Querying,
  stream: string,
  { owner, epoch, deadline }: OwnerInStream,
): Promise<void> {
  await tx.query(
    `insert into ${schema}.owners_seen (stream, owner, epoch, deadline) values ($1, $2, $3, $4)
     on conflict (stream) do update set owner = excluded.owner, epoch = excluded.epoch, deadline = excluded.deadline`,
    [stream, owner, epoch, deadline],
  );
}

/** The last owner whose row came through the stream; `undefined` when none has. */
export async function readOwnerSeen(query: Querying, stream: string): Promise<Ownership | undefined> {
  const { rows } = await query.query<{ owner: Owner; epoch: number }>(
    `select owner, epoch::int from ${schema}.owners_seen where stream = $1`,
    [stream],
  );
  return rows[0];
}

/**
 * Whether the fence of the move that began in this epoch, and has this deadline, has come through the stream, or the owner who came
 * after it. Another move in the same epoch, which was turned back, has another deadline.
 */
export async function isFenceSeen(
  query: Querying,
  stream: string,
  { epoch, deadline }: { readonly epoch: number; readonly deadline: Temporal.Instant },
): Promise<boolean> {
  const { rowCount } = await query.query(
    `select from ${schema}.owners_seen
     where stream = $1 and (epoch > $2 or owner = 'moving' and epoch = $2 and deadline = $3)`,
    [stream, epoch, deadline.toString()],
  );
  return rowCount === 1;
}

export async function sessionUser(query: Querying): Promise<string> {
  return (await query.query<{ role: string }>('select session_user::text as role')).rows[0]?.role ?? '';
}

export async function isRole(query: Querying, role: string): Promise<boolean> {
  return (await query.query('select from pg_roles where rolname = $1', [role])).rowCount === 1;
}

export async function isLoggedIn(query: Querying, role: string): Promise<boolean> {
  return (await query.query('select from pg_stat_activity where usename = $1 limit 1', [role])).rowCount === 1;
}

/** All or nothing; what it owns in this database becomes the current role's. */
export async function dropRole(query: Querying, role: string): Promise<void> {
  await query.query(`reassign owned by ${role} to current_user; drop owned by ${role}; drop role ${role}`);
}

// Who has all rights can pass them on only as such; anybody else lends his own.
export async function grantMover(query: pg.Pool, role: string, password: string): Promise<void> {
  const { rows } = await query.query<{ isThere: boolean; isSuper: boolean; me: string }>(
    `select exists (select from pg_roles where rolname = $1) as "isThere", rolsuper as "isSuper", rolname::text as me
     from pg_roles where rolname = current_user`,
    [role],
  );
  const { isThere, isSuper, me } = rows[0] as (typeof rows)[0];
  if (isThere) return;
  const rights = isSuper ? 'superuser' : 'replication';
  const lending = isSuper ? '' : `; grant ${pg.escapeIdentifier(me)} to ${role}`;
  // Both or neither: a role without rights would be taken for the one that has them.
  await query.query(`create role ${role} login ${rights} password '${password}'${lending}`);
}

export async function dropOrigin(pool: pg.Pool, origin: string): Promise<void> {
  await pool.query(
    'select pg_replication_origin_drop($1::text) where pg_replication_origin_oid($1::text) is not null',
    [origin],
  );
}

/** As if nothing had ever come over the stream. What other units have here stays; so does the journal. */
export async function forgetTakeover(pool: pg.Pool, unit: string, stream: string): Promise<void> {
  const tables: readonly [string, string][] = [
    ['owners_seen', 'stream'],
    ['checkpoints', 'unit'],
    ['copies', 'unit'],
    ['applied', 'unit'],
    ['rejects', 'unit'],
    ['recent_changes', 'unit'],
    ['shadow_counts', 'unit'],
    ['shadow_diffs', 'unit'],
    ['proofs', 'unit'],
    ['tapped_rows', 'unit'],
    ['taps', 'unit'],
  ];
  const isAlone = !(await hasOthers(pool, unit));
  for (const [table, column] of tables) await forget(pool, { table, column, value: stream, isAlone });
}

export async function forgetRequests(pool: pg.Pool, unit: string): Promise<void> {
  const isAlone = !(await hasOthers(pool, unit));
  await forget(pool, { table: 'move_requests', column: 'unit', value: unit, isAlone });
}

type Forgotten = {
  readonly table: string;
  readonly column: string;
  readonly value: string;
  readonly isAlone: boolean;
};

// Others need a table also while they have nothing in it.
async function forget(pool: pg.Pool, { table, column, value, isAlone }: Forgotten): Promise<void> {
  const name = `${schema}.${table}`;
  if (!(await isThere(pool, name))) return;
  await pool.query(`delete from ${name} where ${column} = $1`, [value]);
  if (isAlone) await pool.query(`drop table ${name}`);
}

/** Each unit has its fence before it has anything else. */
export async function hasOthers(pool: pg.Pool, unit: string): Promise<boolean> {
  if (!(await isThere(pool, `${schema}.fences`))) return false;
  return (await pool.query(`select from ${schema}.fences where unit <> $1 limit 1`, [unit])).rowCount === 1;
}

export async function limitWaits(client: Querying): Promise<void> {
  await client.query(`set local lock_timeout = '1s'; set local statement_timeout = '2s'`);
}

/** The gateways that have been heard of in the last two seconds. */
export async function edgesAlive(query: Querying, unit: string): Promise<string[]> {
  const { rows } = await query.query<{ edge: string }>(
    `select edge from ${schema}.edges where unit = $1 and seen_at > clock_timestamp() - interval '2 seconds' order by edge`,
    [unit],
  );
  return rows.map(({ edge }) => edge);
}

/** Whether a move was begun that has not come to its end, by somebody who is at it or has died. */
export async function unfinishedMove(query: Querying, unit: string): Promise<boolean> {
  const { rows } = await query.query<{ act: string }>(
    `select act from ${schema}.journal where unit = $1 and act in ('move begun', 'move ended') order by nth desc limit 1`,
    [unit],
  );
  return rows[0]?.act === 'move begun';
}
