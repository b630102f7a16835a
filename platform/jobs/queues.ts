import type { PgBoss, QueueOptions, QueueResult } from 'pg-boss';
import type { Job } from './job.ts';

type Options = QueueOptions & { readonly deadLetter?: string };
type Queue = { readonly name: string; readonly policy: 'exclusive' | 'standard'; readonly options: Options };

const daySeconds = 86_400;
const keepDeadLettersDays = 90;
// A process that was killed is missed after this time; the next look at all jobs gives its jobs to another.
const heartbeatSeconds = 60;

/**
 * Makes the queues and schedules what the jobs say, and removes the schedules of jobs that their context no longer has.
 * Where they are so already nothing is written. Processes that do so at once end up with the same.
 */
export async function declareQueues(boss: PgBoss, jobs: readonly Job[]): Promise<void> {
  const known = new Map((await boss.getQueues()).map((queue) => [queue.name, queue]));
  for (const queue of [...deadLettersOf(jobs), ...jobs.map(queueOf)]) await declare(boss, queue, known.get(queue.name));
  await declareSchedules(boss, jobs);
}

function deadLettersOf(jobs: readonly Job[]): Queue[] {
  const options = { retentionSeconds: keepDeadLettersDays * daySeconds };
  return [...new Set(jobs.map(({ deadLetter }) => deadLetter))].map((name) => ({ name, policy: 'standard', options }));
}

function queueOf(job: Job): Queue {
  const { name, unique, retries, deadLetter, expireInSeconds, keepFinishedDays, keepWaitingDays } = job;
  const options = {
    retryLimit: retries.limit,
    retryDelay: retries.delaySeconds,
    retryBackoff: true,
    retryDelayMax: retries.delaySecondsMax,
    expireInSeconds,
    deleteAfterSeconds: keepFinishedDays * daySeconds,
    retentionSeconds: keepWaitingDays * daySeconds,
    deadLetter,
    heartbeatSeconds,
  };
  return { name, policy: unique ? 'exclusive' : 'standard', options };
}

async function declare(boss: PgBoss, { name, policy, options }: Queue, known: QueueResult | undefined): Promise<void> {
  if (known === undefined) return boss.createQueue(name, { policy, ...options });
  if (known.policy !== policy) throw new Error(`the jobs of ${name} became unique, or ceased to be: rename them`);
  const isSo = Object.entries(options).every(([option, value]) => known[option as keyof Options] === value);
  if (!isSo) await boss.updateQueue(name, options);
}

async function declareSchedules(boss: PgBoss, jobs: readonly Job[]): Promise<void> {
  const known = new Map((await boss.getSchedules()).map(({ name, cron }) => [name, cron]));
  const contexts = new Set(jobs.map(({ name }) => contextOf(name)));
  const wanted = new Map(jobs.flatMap((job) => (job.unique && job.schedule ? [[job.name, job.schedule]] : [])));
  for (const [name, cron] of wanted) {
    if (known.get(name) !== cron) await boss.schedule(name, cron, null, { tz: 'UTC', missed: 'once' });
  }
  for (const name of known.keys()) {
    if (contexts.has(contextOf(name)) && !wanted.has(name)) await boss.unschedule(name);
  }
}

function contextOf(name: string): string {
  return name.slice(0, name.indexOf('.'));
}
