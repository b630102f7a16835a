import { inSteps, type Job } from '@ticketbuddy/jobs';
import { housekeeping, type JobDeps, pruneInboxJob, pruneOutboxJob } from '@ticketbuddy/runtime';
import { auditEverySeat } from './audit-every-seat.ts';
import { deleteIdempotencyRecords } from './store-idempotency.ts';
import type { DB } from './tables.gen.ts';

const hourly = '27 * * * *';
const nightly = '30 3 * * *';
const keepIdempotencyRecords = { hours: 24 };
const recordsAtOnce = 10_000;

export function jobs({ db, clock, pool }: JobDeps<DB>): Job[] {
  const deleteRecords = () => deleteIdempotencyRecords(db, clock.now().subtract(keepIdempotencyRecords), recordsAtOnce);
  return [
    pruneOutboxJob('tickets', pool, hourly),
    pruneInboxJob('tickets', pool, hourly),
    {
      ...housekeeping('tickets'),
      name: 'tickets.expire-idempotency-records',
      schedule: hourly,
      run: async ({ signal }) => ({ deleted: await inSteps(signal, deleteRecords) }),
    },
    {
      ...housekeeping('tickets'),
      name: 'tickets.audit-seats',
      schedule: nightly,
      expireInSeconds: 4 * 3_600,
      keepFinishedDays: 90,
      run: ({ signal }) => auditEverySeat({ db }, signal),
    },
  ];
}
