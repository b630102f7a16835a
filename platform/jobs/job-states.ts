import type pg from 'pg';
import { schema } from './boss.ts';

type Instant = Temporal.Instant;

/** A queue as operators see it. */
export type QueueState = {
  readonly name: string;
  readonly holdsDeadLetters: boolean;
  /** Cron, in UTC; `null` for one that is sent by hand or by code. */
  readonly schedule: string | null;
  readonly waiting: number;
  readonly running: number;
  readonly failed: number;
  readonly oldestWaiting: Instant | null;
  readonly lastRun: { readonly at: Instant; readonly state: FinishedState; readonly output: unknown } | null;
};

export type FinishedState = 'completed' | 'failed' | 'cancelled';

/** One job. `output` is its result, or the error of its last try. */
export type JobState = {
  readonly id: string;
  readonly queue: string;
  readonly state: 'created' | 'retry' | 'active' | FinishedState;
  readonly retries: number;
  readonly sentAt: Instant;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  readonly output: unknown;
  /** Of dead letters: the job that failed. */
  readonly sourceId: string | null;
};

type QueueRow = Omit<QueueState, 'lastRun'> & {
  readonly lastAt: Instant | null;
  readonly lastState: FinishedState;
  readonly lastOutput: unknown;
};

/** Every queue, by name; those that pg-boss keeps for itself are left out. */
export async function listQueues(pool: pg.Pool): Promise<QueueState[]> {
  const { rows } = await pool.query<QueueRow>(
    `select name, exists (select from ${schema}.queue as of where of.dead_letter = queue.name) as "holdsDeadLetters",
       schedule.cron as schedule, coalesce(waiting, 0) as waiting, coalesce(running, 0) as running,
       coalesce(failed, 0) as failed, "oldestWaiting", "lastAt", "lastState", "lastOutput"
     from ${schema}.queue
     left join ${schema}.schedule using (name)
     left join (
       select name,
         count(*) filter (where state < 'active') as waiting,
         count(*) filter (where state = 'active') as running,
         count(*) filter (where state = 'failed') as failed,
         min(created_on) filter (where state < 'active') as "oldestWaiting"
       from ${schema}.job group by name
     ) as counts using (name)
     left join (
       select distinct on (name) name, completed_on as "lastAt", state as "lastState", output as "lastOutput"
       from ${schema}.job where completed_on is not null order by name, completed_on desc
     ) as last using (name)
     where name not like '\\_\\_pgboss%'
     order by name`,
    [],
  );
  return rows.map(({ lastAt, lastState, lastOutput, ...queue }) => ({
    ...queue,
    lastRun: lastAt && { at: lastAt, state: lastState, output: lastOutput },
  }));
}

const columns = `id, name as queue, state, retry_count as retries, created_on as "sentAt", started_on as "startedAt",
  completed_on as "finishedAt", coalesce(output, source_output) as output, source_id as "sourceId"`;

/** The newest jobs of a queue, the newest first. */
export async function listJobs(pool: pg.Pool, queue: string, limit: number): Promise<JobState[]> {
  const { rows } = await pool.query<JobState>(
    `select ${columns} from ${schema}.job where name = $1 order by created_on desc, id limit $2`,
    [queue, limit],
  );
  return rows;
}

/** The failed jobs of a queue, the newest first. */
export async function listFailed(pool: pg.Pool, queue: string): Promise<JobState[]> {
  const { rows } = await pool.query<JobState>(
    `select ${columns} from ${schema}.job where name = $1 and state = 'failed' order by created_on desc, id`,
    [queue],
  );
  return rows;
}

export async function findJob(pool: pg.Pool, id: string): Promise<JobState | undefined> {
  const { rows } = await pool.query<JobState>(`select ${columns} from ${schema}.job where id = $1`, [id]);
  return rows[0];
}
