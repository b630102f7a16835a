import type { Job } from '@ticketbuddy/jobs';
import { type JobDeps, pruneInboxJob, pruneOutboxJob } from '@ticketbuddy/runtime';
import type { DB } from './tables.gen.ts';

const hourly = '7 * * * *';

export function jobs({ pool }: JobDeps<DB>): Job[] {
  return [pruneOutboxJob('events', pool, hourly), pruneInboxJob('events', pool, hourly)];
}
