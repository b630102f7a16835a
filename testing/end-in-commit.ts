import type pg from 'pg';

/** Whoever inserts into the table loses the server while it commits. */
export async function endInCommit(pool: pg.Pool, table: string): Promise<void> {
  await pool.query(`
    create function end_me() returns trigger language plpgsql as $$
    begin
      perform pg_terminate_backend(pg_backend_pid());
      return null;
    end $$;
    create constraint trigger end_me after insert on ${table} deferrable initially deferred
    for each row execute function end_me()`);
}
