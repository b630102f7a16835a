import type pg from 'pg';

/** What is in the database besides rows, and in its server for it: tables, triggers, functions, schemas, publications, slots, origins. */
export async function countThings(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ thing: string }>(
    `select 'schema ' || nspname as thing from pg_namespace where nspname not like 'pg_t%'
     union all select 'relation ' || oid::regclass::text || ' identity ' || relreplident::text from pg_class
       where relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema', 'pg_toast')
     union all select 'function ' || oid::regprocedure::text from pg_proc where pronamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
     union all select 'trigger ' || tgname || ' on ' || tgrelid::regclass::text from pg_trigger
     union all select 'publication ' || pubname from pg_publication
     union all select 'slot ' || slot_name from pg_replication_slots
     union all select 'origin ' || roname from pg_replication_origin order by 1`,
  );
  return rows.map(({ thing }) => thing);
}
