import type pg from 'pg';
import type { PgBoss } from 'pg-boss';
import { createBoss, schema } from './boss.ts';
import type { JobState } from './job-states.ts';

/** Sends a job without a payload. Answers its id; `undefined` when the queue's one unique job waits or runs already. */
export async function sendJob(pool: pg.Pool, queue: string): Promise<string | undefined> {
  return withBoss(pool, async (boss) => (await boss.send(queue)) ?? undefined);
}

/**
 * Lets a failed job wait again, for one more try, and takes its copy out of the dead letters. `false` when it has not
 * failed (any more), or when it is unique and another one waits or runs already.
 */
export async function retryJob(pool: pg.Pool, { queue, id }: Pick<JobState, 'queue' | 'id'>): Promise<boolean> {
  return withBoss(pool, async (boss) => {
    const isWaiting = await boss
      .retry(queue, id)
      .then(({ affected }: { affected?: number }) => affected === 1, isTaken);
    if (isWaiting) await pool.query(`delete from ${schema}.job where source_id = $1 and state < 'active'`, [id]);
    return isWaiting;
  });
}

function isTaken(error: unknown): false {
  if ((error as { code?: unknown }).code === '23505') return false;
  throw error;
}

async function withBoss<T>(pool: pg.Pool, use: (boss: PgBoss) => Promise<T>): Promise<T> {
  const boss = await createBoss(pool, { migrate: false, supervise: false, schedule: false });
  // Without a listener an error of what it does by itself would end the process; ours are thrown.
  boss.on('error', () => undefined);
  await boss.start();
  try {
    return await use(boss);
  } finally {
    await boss.stop({ graceful: false });
  }
}
