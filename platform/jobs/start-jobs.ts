import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import type { JobResult, JobWithMetadata, PgBoss } from 'pg-boss';
import { createBoss } from './boss.ts';
import { FinalFailure, type Job } from './job.ts';
import { declareQueues } from './queues.ts';

export type JobsReport = {
  /** A try failed. `triesLeft` is 0 when the job now lies among its dead letters. */
  failed(job: { readonly name: string; readonly id: string }, error: unknown, triesLeft: number): void;
  /** The database was away, or the jobs could not be started; it goes on by itself. */
  troubled(error: unknown): void;
};

export type JobsOptions = {
  readonly jobs: readonly Job[];
  readonly pool: pg.Pool;
  readonly report: JobsReport;
  /** How often each queue is looked at; schedules are three times, and jobs of killed processes six times as rare. */
  readonly lookEverySeconds?: number;
  /** How long `stop` waits for what is running; at least a second. */
  readonly stopMsMax?: number;
};

const retryMs = 5_000;

/**
 * Works on the jobs, in the background: nothing waits for its start, and a start that fails is tried again. `stop` waits
 * for what is running, ten seconds unless told otherwise; after that its signal is aborted, and it counts as a failed try.
 */
export function startJobs(options: JobsOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const starting = untilStarted(options, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      const boss = await starting;
      await boss?.stop({ timeout: options.stopMsMax ?? 10_000 });
    },
  };
}

async function untilStarted(options: JobsOptions, stopping: AbortSignal): Promise<PgBoss | undefined> {
  while (!stopping.aborted) {
    try {
      return await start(options);
    } catch (error) {
      options.report.troubled(error);
      await pause(retryMs, undefined, { signal: stopping }).catch(() => undefined);
    }
  }
  return undefined;
}

async function start({ jobs, pool, report, lookEverySeconds = 10 }: JobsOptions): Promise<PgBoss> {
  const boss = await createBoss(pool, {
    cronWorkerIntervalSeconds: lookEverySeconds,
    cronMonitorIntervalSeconds: 3 * lookEverySeconds,
    superviseIntervalSeconds: 6 * lookEverySeconds,
    monitorIntervalSeconds: 6 * lookEverySeconds,
  });
  // Without a listener an error would end the process.
  boss.on('error', report.troubled);
  boss.on('warning', ({ message }) => report.troubled(new Error(message)));
  try {
    await boss.start();
    await declareQueues(boss, jobs);
    for (const job of jobs) await work(boss, job, report, lookEverySeconds);
    return boss;
  } catch (error) {
    await boss.stop({ graceful: false });
    throw error;
  }
}

async function work(boss: PgBoss, job: Job, report: JobsReport, pollingIntervalSeconds: number): Promise<void> {
  const localConcurrency = job.unique ? 1 : job.concurrency;
  const options = { pollingIntervalSeconds, localConcurrency, includeMetadata: true, perJobResults: true } as const;
  await boss.work(job.name, options, (batch: JobWithMetadata[]) =>
    Promise.all(batch.map((attempt) => tryOnce(job, attempt, report))),
  );
}

async function tryOnce(
  job: Job,
  { id, name, data, signal, retryCount, retryLimit }: JobWithMetadata,
  report: JobsReport,
): Promise<JobResult> {
  try {
    return { id, status: 'completed', output: await job.run({ payload: data, signal }) };
  } catch (error) {
    const isFinal = error instanceof FinalFailure;
    report.failed({ id, name }, error, isFinal ? 0 : retryLimit - retryCount);
    return { id, status: isFinal ? 'deadletter' : 'failed', output: describe(error) };
  }
}

// Without the other members of a database error: they hold values, and those may be somebody's address.
function describe(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack } = error;
  return { message, name, stack, ...(error instanceof FinalFailure && error.result) };
}
