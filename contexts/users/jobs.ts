import type { Job } from '@ticketbuddy/jobs';
import { type JobDeps, pruneOutboxJob } from '@ticketbuddy/runtime';
import type { DB } from './tables.gen.ts';

const hourly = '17 * * * *';

export function jobs({ pool }: JobDeps<DB>): Job[] {
  return [pruneOutboxJob('users', pool, hourly)];
}
