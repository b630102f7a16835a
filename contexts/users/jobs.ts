import { inSteps, type Job } from '@ticketbuddy/jobs';
import { pruneOutbox } from '@ticketbuddy/messaging';
import type { JobDeps } from '@ticketbuddy/runtime';
import type { DB } from './tables.gen.ts';

const dayMs = 86_400_000;
const keepOutboxMs = 7 * dayMs;

const pruning = {
  unique: true,
  schedule: '17 * * * *',
  retries: { limit: 5, delaySeconds: 60, delaySecondsMax: 1_800 },
  expireInSeconds: 900,
  keepFinishedDays: 7,
  keepWaitingDays: 7,
  deadLetter: 'users.dead-letters',
} as const;

export function jobs({ pool }: JobDeps<DB>): Job[] {
  return [
    {
      ...pruning,
      name: 'users.prune-outbox',
      run: async ({ signal }) => ({ deleted: await inSteps(signal, () => pruneOutbox(pool, 'users', keepOutboxMs)) }),
    },
  ];
}
