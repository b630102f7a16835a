import { StartError } from '@ticketbuddy/errors';
import { findJob, type JobState, listFailed, listJobs, listQueues, retryJob, sendJob } from '@ticketbuddy/jobs';
import type pg from 'pg';
import type { Context } from './context.ts';
import { reportJob, reportJobs, reportQueues, stateOf } from './jobs-report.ts';
import { openDatabase, refuseWithoutDatabase } from './open-database.ts';

const shownMax = 20;
const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Lists every queue: its schedule, how many jobs wait, run and have failed, and how the last one went. */
export async function listOfQueues(context: Context, { json = false }: { readonly json?: boolean }): Promise<number> {
  return withJobs(context, async (pool) => {
    const queues = await listQueues(pool);
    context.terminal.print(json ? JSON.stringify(queues) : reportQueues(queues, context.terminal));
    return 0;
  });
}

/** Shows the newest jobs of a queue, or one job with its whole result or error. */
export async function showJobs(
  context: Context,
  { of = '', json = false }: { readonly of?: string; readonly json?: boolean },
): Promise<number> {
  const { print } = context.terminal;
  return withJobs(context, async (pool) => {
    if (isId.test(of)) {
      const job = await knownJob(pool, of);
      print(json ? JSON.stringify(job) : reportJob(job, context.terminal));
    } else {
      const jobs = await listJobs(pool, await knownQueue(pool, of), shownMax);
      print(json ? JSON.stringify(jobs) : reportJobs(of, jobs, context.terminal));
    }
    return 0;
  });
}

/** Sends a job of the queue, for a running shop to take up. */
export async function runJob(context: Context, { of = '' }: { readonly of?: string }): Promise<number> {
  return withJobs(context, async (pool) => {
    const id = await sendJob(pool, await queueThatIsWorkedOn(pool, of));
    if (id === undefined) context.terminal.print(`${of}: one waits or runs already, and there is never more than one.`);
    else context.terminal.print(`${of}: job ${id} waits; a running shop takes it up within ten seconds.`);
    return 0;
  });
}

/** Lets one failed job wait again, or all of a queue. Exit code 1 when one could not. */
export async function retryJobs(
  context: Context,
  { of, all }: { readonly of?: string; readonly all?: string },
): Promise<number> {
  if ((of === undefined) === (all === undefined))
    throw new StartError(
      'Say which job to retry by its id, or --all <queue>; ticketbuddy jobs show <queue> shows them.',
    );
  return withJobs(context, async (pool) => {
    const failed =
      all === undefined ? [await failedJob(pool, of ?? '')] : await listFailed(pool, await knownQueue(pool, all));
    if (failed.length === 0) context.terminal.print(`${all}: no job has failed.`);
    let left = 0;
    for (const job of failed) if (!(await retryOne(context, pool, job))) left++;
    return left === 0 ? 0 : 1;
  });
}

async function retryOne({ terminal }: Context, pool: pg.Pool, job: JobState): Promise<boolean> {
  const isWaiting = await retryJob(pool, job);
  if (isWaiting) terminal.print(`${job.queue}: job ${job.id} waits for another try.`);
  else terminal.complain(`${job.queue}: job ${job.id} is not retried, since another one waits or runs already.`);
  return isWaiting;
}

/** Of a dead letter the job that it is a copy of. */
async function failedJob(pool: pg.Pool, id: string): Promise<JobState> {
  if (!isId.test(id)) throw new StartError(`"${id}" is no id of a job; ticketbuddy jobs show <queue> shows them.`);
  const named = await knownJob(pool, id);
  const job = named.sourceId === null ? named : await knownJob(pool, named.sourceId);
  if (job.state !== 'failed') throw new StartError(`Job ${job.id} has not failed: it is ${stateOf(job)}.`);
  return job;
}

async function knownJob(pool: pg.Pool, id: string): Promise<JobState> {
  const job = await findJob(pool, id);
  if (job === undefined) throw new StartError(`There is no job ${id}, or it is not kept any more.`);
  return job;
}

async function knownQueue(pool: pg.Pool, name: string): Promise<string> {
  const names = (await listQueues(pool)).map((queue) => queue.name);
  if (!names.includes(name)) throw new StartError(`There is no queue "${name}"; there are ${names.join(', ')}.`);
  return name;
}

async function queueThatIsWorkedOn(pool: pg.Pool, name: string): Promise<string> {
  const queues = await listQueues(pool);
  if (queues.some((queue) => queue.name === name && queue.holdsDeadLetters))
    throw new StartError(
      `Nobody works on ${name}: it holds what has failed; ticketbuddy jobs retry <id> tries it again.`,
    );
  return knownQueue(pool, name);
}

async function withJobs(context: Context, use: (pool: pg.Pool) => Promise<number>): Promise<number> {
  refuseWithoutDatabase(context, 'There are no jobs');
  await using database = await openDatabase(context);
  return await use(database.pool).catch(refuseUnfit);
}

const noJobs = 'There are no jobs yet: the database has no queues; start the shop once, which makes them.';
// By PostgreSQL's error code.
const unfit: Readonly<Record<string, string>> = {
  '42P01': noJobs,
  '3F000': noJobs,
  '42501':
    'The database user may not do that: it needs every right on the tables of the schema jobs, and to look only that to select.',
};

function refuseUnfit(error: unknown): never {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const reason = unfit[String(code)];
  if (reason !== undefined) throw new StartError(reason);
  if (message === 'pg-boss database requires migrations')
    throw new StartError(
      'The queues are of another version of the shop: start this one once, which brings them up to date.',
    );
  throw error;
}
