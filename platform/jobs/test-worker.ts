// A process that takes a job and never ends it: `node test-worker.ts <database URL>`.
import { createPool } from '@ticketbuddy/postgres';
import { startJobs } from './start-jobs.ts';

const job = {
  name: 'shop.sweep',
  unique: true,
  retries: { limit: 2, delaySeconds: 1, delaySecondsMax: 2 },
  expireInSeconds: 60,
  keepFinishedDays: 7,
  keepWaitingDays: 7,
  deadLetter: 'shop.dead-letters',
  run: () => {
    process.stdout.write('running\n');
    return new Promise<never>(() => undefined);
  },
} as const;

startJobs({
  jobs: [job],
  pool: createPool({ url: process.argv[2] ?? '', connections: 4 }),
  report: { failed: () => undefined, troubled: (error) => console.error(error) },
  lookEverySeconds: 1,
});
