import { inSteps, type Job } from '@ticketbuddy/jobs';
import { pruneInbox, pruneOutbox } from '@ticketbuddy/messaging';
import type pg from 'pg';

const dayMs = 86_400_000;
const keepOutboxMs = 7 * dayMs;
const keepInboxMs = 30 * dayMs;

/** How a context's housekeeping is done: one at a time, tried again, and what fails for good is kept for a person. */
export function housekeeping(context: string) {
  return {
    unique: true,
    retries: { limit: 5, delaySeconds: 60, delaySecondsMax: 1_800 },
    expireInSeconds: 900,
    keepFinishedDays: 7,
    keepWaitingDays: 7,
    deadLetter: `${context}.dead-letters`,
  } as const;
}

/** Deletes what was published more than a week ago. */
export function pruneOutboxJob(context: string, pool: pg.Pool, schedule: string): Job {
  return pruning(context, 'outbox', schedule, () => pruneOutbox(pool, context, keepOutboxMs));
}

/** Forgets the ids of what was received more than a month ago: a message that comes once more so late is applied again. */
export function pruneInboxJob(context: string, pool: pg.Pool, schedule: string): Job {
  return pruning(context, 'inbox', schedule, () => pruneInbox(pool, context, keepInboxMs));
}

function pruning(context: string, what: 'outbox' | 'inbox', schedule: string, step: () => Promise<number>): Job {
  return {
    ...housekeeping(context),
    name: `${context}.prune-${what}`,
    schedule,
    run: async ({ signal }) => ({ deleted: await inSteps(signal, step) }),
  };
}
