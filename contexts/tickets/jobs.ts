import { inSteps, type Job } from '@ticketbuddy/jobs';
import { pruneInbox, pruneOutbox } from '@ticketbuddy/messaging';
import type { JobDeps } from '@ticketbuddy/runtime';
import { auditEverySeat } from './audit-every-seat.ts';
import { deleteIdempotencyRecords } from './store-idempotency.ts';
import type { DB } from './tables.gen.ts';

const dayMs = 86_400_000;
const keepOutboxMs = 7 * dayMs;
const keepInboxMs = 30 * dayMs;
const keepIdempotencyRecords = { hours: 24 };
const recordsAtOnce = 10_000;

const settings = {
  unique: true,
  retries: { limit: 5, delaySeconds: 60, delaySecondsMax: 1_800 },
  expireInSeconds: 900,
  keepFinishedDays: 7,
  keepWaitingDays: 7,
  deadLetter: 'tickets.dead-letters',
} as const;
const hourly = '27 * * * *';
const nightly = '30 3 * * *';

export function jobs({ db, clock, pool }: JobDeps<DB>): Job[] {
  const deleteRecords = () => deleteIdempotencyRecords(db, clock.now().subtract(keepIdempotencyRecords), recordsAtOnce);
  return [
    {
      ...settings,
      name: 'tickets.prune-outbox',
      schedule: hourly,
      run: async ({ signal }) => ({ deleted: await inSteps(signal, () => pruneOutbox(pool, 'tickets', keepOutboxMs)) }),
    },
    {
      ...settings,
      name: 'tickets.prune-inbox',
      schedule: hourly,
      run: async ({ signal }) => ({ deleted: await inSteps(signal, () => pruneInbox(pool, 'tickets', keepInboxMs)) }),
    },
    {
      ...settings,
      name: 'tickets.expire-idempotency-records',
      schedule: hourly,
      run: async ({ signal }) => ({ deleted: await inSteps(signal, deleteRecords) }),
    },
    {
      ...settings,
      name: 'tickets.audit-seats',
      schedule: nightly,
      expireInSeconds: 4 * 3_600,
      keepFinishedDays: 90,
      run: ({ signal }) => auditEverySeat({ db }, signal),
    },
  ];
}
