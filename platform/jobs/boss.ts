import pg from 'pg';
import type { ConstructorOptions, PgBoss } from 'pg-boss';

/** Where pg-boss keeps its tables. */
export const schema = 'jobs';

/**
 * A pg-boss, not started, whose statements run on the pool. Loaded only here, since that takes 100 ms and 10 MB. It
 * neither registers itself nor watches over indexes: what it has to tell is read from its tables.
 */
export async function createBoss(pool: pg.Pool, role: ConstructorOptions): Promise<PgBoss> {
  const { PgBoss } = await import('pg-boss');
  return new PgBoss({
    schema,
    registerInstance: false,
    monitorVacuum: false,
    reindex: false,
    ...role,
    db: {
      // As an object it gets no name: some texts hold several statements. And pg-boss expects the values as pg reads them.
      executeSql: (text, values) => pool.query({ text, types: pg.types, ...(values && { values }) }),
    },
  });
}

/** Makes the tables, or brings them up to date. Whoever works on jobs does so too; processes that do so at once wait for each other. */
export async function installJobs(pool: pg.Pool): Promise<void> {
  const boss = await createBoss(pool, { supervise: false, schedule: false });
  await boss.start();
  await boss.stop({ graceful: false });
}
