import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createPool } from '@ticketbuddy/postgres';
import { expect, onTestFinished, test } from 'vitest';
import { findJob, listJobs } from './job-states.ts';
import { sendJob } from './send-job.ts';
import { aJob } from './test-job.ts';
import { aDatabase, aGate, aWorker, until } from './test-jobs.ts';

test('a job whose process is killed runs again in another one', async () => {
  const { pool, url } = await aDatabase([aJob()]);
  const id = (await sendJob(pool, 'shop.sweep')) ?? '';
  await aKilledProcessThatRuns(url);
  expect(await findJob(pool, id)).toMatchObject({ state: 'active', retries: 0 });
  aWorker(pool, [aJob({ run: async () => ({ swept: 2 }) })]);
  // As if the time had passed after which a process is missed.
  await pool.query(`update jobs.job set heartbeat_on = heartbeat_on - interval '2 minutes' where state = 'active'`);
  await until(async () => (await findJob(pool, id))?.state === 'completed');
  expect(await findJob(pool, id)).toMatchObject({ retries: 1, output: { swept: 2 } });
});

test('a stop waits for the job that runs', async () => {
  const gate = aGate();
  const job = aJob({
    run: async () => {
      await gate.pass();
      return { swept: 1 };
    },
  });
  const { pool } = await aDatabase([job]);
  const id = (await sendJob(pool, job.name)) ?? '';
  const { stop } = aWorker(pool, [job], { stopMsMax: 60_000 });
  await gate.reached;
  const stopped = stop();
  for (let look = 0; look < 100; look++) expect(await findJob(pool, id)).toMatchObject({ state: 'active' });
  gate.open();
  await stopped;
  expect(await findJob(pool, id)).toMatchObject({ state: 'completed', output: { swept: 1 } });
});

test('a job that does not end in time is told to, the stop goes on, and another process tries again', async () => {
  const { promise: told, resolve: tell } = Promise.withResolvers<void>();
  const gate = aGate();
  const job = aJob({
    run: async ({ signal }) => {
      signal.addEventListener('abort', () => tell());
      await gate.pass();
      return {};
    },
  });
  const { pool } = await aDatabase([job]);
  const id = (await sendJob(pool, job.name)) ?? '';
  const { stop } = aWorker(pool, [job]);
  await gate.reached;
  await stop();
  await told;
  expect(await findJob(pool, id)).toMatchObject({ state: 'retry' });
  aWorker(pool, [aJob({ run: async () => ({ swept: 1 }) })]);
  await until(async () => (await findJob(pool, id))?.state === 'completed');
  gate.open();
});

test('a database that fails in the middle of the night is reported, and the jobs go on when it is back', async () => {
  const job = aJob({ run: async () => ({ swept: 1 }) });
  const { pool } = await aDatabase([job]);
  const { reported } = aWorker(pool, [job]);
  await sendJob(pool, job.name);
  await until(async () => (await listJobs(pool, job.name, 1))[0]?.state === 'completed');
  await pool.query('alter schema jobs rename to elsewhere');
  await until(async () => reported.troubles > 3);
  await pool.query('alter schema elsewhere rename to jobs');
  const id = (await sendJob(pool, job.name)) ?? '';
  await until(async () => (await findJob(pool, id))?.state === 'completed');
});

test('a database that is away when the process starts ends neither the process nor its stop', async () => {
  const pool = createPool({ url: 'postgres://me@127.0.0.1:1/shop', connections: 1 });
  onTestFinished(() => pool.end());
  const { stop, reported } = aWorker(pool, [aJob()]);
  await until(async () => reported.troubles > 0);
  await stop();
});

/** Resolves when the job has begun in a process that was then killed. */
async function aKilledProcessThatRuns(url: string): Promise<void> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.resolve('./test-worker.ts')), url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
