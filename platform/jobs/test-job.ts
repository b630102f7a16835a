import type { Job } from './job.ts';

/** A unique job that answers `{}` at once, unless it is told otherwise. */
export function aJob({ run = async () => ({}), ...rest }: Partial<Job> = {}): Job {
  return {
    name: 'shop.sweep',
    unique: true,
    retries: { limit: 2, delaySeconds: 1, delaySecondsMax: 2 },
    expireInSeconds: 60,
    keepFinishedDays: 7,
    keepWaitingDays: 7,
    deadLetter: 'shop.dead-letters',
    run,
    ...rest,
  } as Job;
}
