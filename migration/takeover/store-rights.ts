import type pg from 'pg';

export type Rights = {
  readonly role: string;
  /** As `server_version_num` has it: 150000 and more. */
  readonly version: number;
  readonly walLevel: string;
  readonly slotsFree: number;
  readonly mayReplicate: boolean;
  readonly mayCreate: boolean;
  readonly mayMark: boolean;
  /** A trigger of its may see whether a write is marked. */
  readonly maySeeMarks: boolean;
  /** It may make another role and lend it what it may itself. */
  readonly mayLend: boolean;
};

export async function readRights(pool: pg.Pool): Promise<Rights> {
  const { rows } = await pool.query<Rights>(
    `select session_user::text as role, current_setting('server_version_num')::int as version,
       current_setting('wal_level') as "walLevel",
       current_setting('max_replication_slots')::int - (select count(*) from pg_replication_slots)::int as "slotsFree",
       rolreplication or rolsuper as "mayReplicate",
       has_database_privilege(current_database(), 'create') as "mayCreate",
       has_function_privilege('pg_replication_origin_create(text)', 'execute')
         and has_function_privilege('pg_replication_origin_session_setup(text)', 'execute')
         and has_function_privilege('pg_replication_origin_oid(text)', 'execute')
         and has_function_privilege('pg_replication_origin_drop(text)', 'execute') as "mayMark",
       has_function_privilege('pg_replication_origin_session_is_setup()', 'execute') as "maySeeMarks",
       rolsuper or rolcreaterole and pg_has_role(session_user, session_user, 'member with admin option') as "mayLend"
     from pg_roles where rolname = session_user`,
  );
  return rows[0] as Rights;
}

export type TableRight = {
  readonly table: string;
  readonly isThere: boolean;
  readonly isOwned: boolean;
  /** What writes its rows without a trigger of a statement on it. */
  readonly passedBy: 'subscription' | 'other table' | null;
};

/**
 * Triggers that are always on, publications and replica identities belong to a table's owner. Found in the catalogue: who may
 * not use its schema cannot name the table.
 */
export async function tableRights(pool: pg.Pool, tables: readonly string[]): Promise<TableRight[]> {
  const { rows } = await pool.query<TableRight>(
    `select name as table, c.oid is not null as "isThere", coalesce(pg_has_role(c.relowner, 'usage'), false) as "isOwned",
       case when exists (select from pg_subscription_rel where srrelid = c.oid) then 'subscription'
         when c.relkind = 'p' or exists (select from pg_inherits where c.oid in (inhrelid, inhparent)) then 'other table'
       end as "passedBy"
     from unnest($1::text[]) with ordinality as given (name, nth)
       left join pg_namespace as n on n.nspname = (parse_ident(name))[1]
       left join pg_class as c on c.relnamespace = n.oid and c.relname = (parse_ident(name))[2]
     order by nth`,
    [tables],
  );
  return rows;
}

/** How many sessions of this database are of the same role and are not ours. */
export async function otherUsers(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ others: number }>(
    `select count(*)::int as others from pg_stat_activity
     where usename = session_user and datname = current_database() and application_name not like 'ticketbuddy%'
       and backend_type = 'client backend'`,
  );
  return rows[0]?.others ?? 0;
}

export async function rowsIn(pool: pg.Pool, table: string): Promise<number> {
  const { rows } = await pool.query<{ rows: number }>(`select count(*)::int as rows from ${table}`);
  return rows[0]?.rows ?? 0;
}
