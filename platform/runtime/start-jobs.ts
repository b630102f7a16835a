import { startJobs } from '@ticketbuddy/jobs';
import type pg from 'pg';
import type { Log } from './log.ts';
import type { Deps, Module } from './module.ts';

export type ModuleJobsOptions = {
  readonly modules: readonly Module[];
  readonly deps: Deps<never>;
  readonly pool: pg.Pool;
  readonly log: Log;
};

/** Works on the jobs of the modules, once they are started in the background. */
export function startModuleJobs({ modules, deps, pool, log }: ModuleJobsOptions): { stop(): Promise<void> } {
  const jobs = modules.flatMap((module) => module.jobs({ ...deps, pool }));
  return startJobs({
    jobs,
    pool,
    report: {
      failed: ({ name, id }, error, triesLeft) => {
        const context = { err: error, job: name, jobId: id, triesLeft };
        if (triesLeft > 0) log.warn(context, 'a job failed and is tried again');
        else log.error(context, 'a job failed for good');
      },
      troubled: (error) => log.warn({ err: error }, 'the jobs are in trouble and go on'),
    },
  });
}
