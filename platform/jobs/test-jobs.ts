import { setTimeout as pause } from 'node:timers/promises';
import { type TestDatabase, testDatabase } from '@ticketbuddy/testing';
import { onTestFinished } from 'vitest';
import type { Job } from './job.ts';
import { type JobsReport, startJobs } from './start-jobs.ts';

/** What a worker has reported. */
export type Reported = {
  readonly failed: (readonly [job: string, message: string, triesLeft: number])[];
  troubles: number;
};

/** A process that works on the jobs, and looks every second; stopped at the end of the test. */
export function aWorker(
  pool: TestDatabase['pool'],
  jobs: readonly Job[],
  options: { readonly stopMsMax?: number } = {},
) {
  const reported: Reported = { failed: [], troubles: 0 };
  const report: JobsReport = {
    failed: ({ name }, error, triesLeft) => void reported.failed.push([name, (error as Error).message, triesLeft]),
    troubled: () => void reported.troubles++,
  };
  const { stop } = startJobs({ jobs, pool, report, lookEverySeconds: 1, stopMsMax: 1_000, ...options });
  onTestFinished(stop);
  return { stop, reported };
}

/** A database whose jobs' queues are declared. */
export async function aDatabase(jobs: readonly Job[]): Promise<TestDatabase> {
  const database = await testDatabase();
  await declared(database.pool, jobs);
  return database;
}

/** Starts and stops a worker of these jobs, so that their queues are there and nobody works on them. */
export async function declared(pool: TestDatabase['pool'], jobs: readonly Job[]): Promise<void> {
  const { stop } = startJobs({ jobs, pool, report: { failed: () => undefined, troubled: () => undefined } });
  await stop();
}

/** A gate that what comes to it waits at. */
export function aGate() {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  return {
    open,
    reached,
    pass: async () => {
      reach();
      await opened;
    },
  };
}

/** Looks until there is an answer other than `undefined` and `false`, and gives it. */
export async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await pause(20);
  }
}
