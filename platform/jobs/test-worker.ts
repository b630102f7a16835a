// A process that takes a job and never ends it: `node test-worker.ts <database URL>`.
import { createPool } from '@ticketbuddy/postgres';
import { startJobs } from './start-jobs.ts';
import { aJob } from './test-job.ts';

const job = aJob({
  run: () => {
    process.stdout.write('running\n');
    return new Promise<never>(() => undefined);
  },
});

startJobs({
  jobs: [job],
  pool: createPool({ url: process.argv[2] ?? '', connections: 4 }),
  report: { failed: () => undefined, troubled: (error) => console.error(error) },
  lookEverySeconds: 1,
});
