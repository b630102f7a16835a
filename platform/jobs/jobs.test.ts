import { testDatabase } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { FinalFailure } from './job.ts';
import { findJob, listFailed, listJobs, listQueues } from './job-states.ts';
import { retryJob, sendJob } from './send-job.ts';
import { aJob } from './test-job.ts';
import { aDatabase, aGate, aWorker, declared, until } from './test-jobs.ts';

const everyMinute = '* * * * *';

test('two processes that start at once make the tables once, and each schedule once', async () => {
  const { pool } = await testDatabase();
  await pool.query('drop schema if exists jobs cascade');
  const jobs = [aJob({ unique: true, schedule: '30 3 * * *' }), aJob({ name: 'shop.count' })];
  await Promise.all([declared(pool, jobs), declared(pool, jobs), declared(pool, jobs)]);
  expect(await listQueues(pool)).toMatchObject([
    { name: 'shop.count', schedule: null, holdsDeadLetters: false },
    { name: 'shop.dead-letters', schedule: null, holdsDeadLetters: true },
    { name: 'shop.sweep', schedule: '30 3 * * *', holdsDeadLetters: false },
  ]);
  expect((await pool.query('select name from jobs.schedule')).rows).toEqual([{ name: 'shop.sweep' }]);
});

test('a new version of a job has its new settings and schedule, and one that is gone is sent no more', async () => {
  const old = [
    aJob({ unique: true, schedule: '1 * * * *' }),
    aJob({ name: 'shop.gone', unique: true, schedule: '2 * * * *' }),
  ];
  const { pool } = await aDatabase([...old, aJob({ name: 'till.count', unique: true, schedule: '3 * * * *' })]);
  await declared(pool, [aJob({ unique: true, schedule: '4 * * * *', expireInSeconds: 7 })]);
  const { rows } = await pool.query(
    'select name, cron, expire_seconds as "expireInSeconds" from jobs.schedule join jobs.queue using (name) order by name',
  );
  expect(rows).toEqual([
    { name: 'shop.sweep', cron: '4 * * * *', expireInSeconds: 7 },
    { name: 'till.count', cron: '3 * * * *', expireInSeconds: 60 },
  ]);
});

test('a job leaves its result', async () => {
  const { pool } = await aDatabase([aJob()]);
  const id = await sendJob(pool, 'shop.sweep');
  aWorker(pool, [aJob({ run: async () => ({ swept: 3 }) })]);
  const done = await until(async () => (await listJobs(pool, 'shop.sweep', 10)).find(({ finishedAt }) => finishedAt));
  expect(done).toMatchObject({ id, state: 'completed', retries: 0, output: { swept: 3 } });
});

test('of a unique job one waits or runs, however often it is sent and however many processes there are', async () => {
  const gate = aGate();
  let runs = 0;
  const job = aJob({
    run: async () => {
      runs++;
      await gate.pass();
      return {};
    },
  });
  const { pool } = await aDatabase([job]);
  const sent = await Promise.all([1, 2, 3].map(() => sendJob(pool, job.name)));
  expect(sent.filter((id) => id !== undefined)).toHaveLength(1);
  for (const _ of [1, 2, 3]) aWorker(pool, [job]);
  await gate.reached;
  expect(await sendJob(pool, job.name)).toBeUndefined();
  gate.open();
  await until(async () => (await listJobs(pool, job.name, 10)).every(({ state }) => state === 'completed'));
  expect(runs).toBe(1);
  expect(await sendJob(pool, job.name)).toBeDefined();
});

test('a scheduled job comes by itself, and not twice at once in two processes', async () => {
  const gate = aGate();
  const { pool } = await testDatabase();
  const job = aJob({
    unique: true,
    schedule: everyMinute,
    run: async () => {
      await gate.pass();
      return {};
    },
  });
  const workers = [aWorker(pool, [job]), aWorker(pool, [job])];
  await gate.reached;
  expect(await sendJob(pool, job.name)).toBeUndefined();
  expect(await listQueues(pool)).toContainEqual(expect.objectContaining({ name: job.name, waiting: 0, running: 1 }));
  gate.open();
  await Promise.all(workers.map(({ stop }) => stop()));
}, 120_000);

test('jobs that are not unique run side by side', async () => {
  const gates = [aGate(), aGate()];
  let nth = 0;
  const job = aJob({
    unique: false,
    concurrency: 2,
    run: async () => {
      await gates[nth++]?.pass();
      return {};
    },
  });
  const { pool } = await aDatabase([job]);
  await Promise.all([sendJob(pool, job.name), sendJob(pool, job.name)]);
  aWorker(pool, [job]);
  await Promise.all(gates.map(({ reached }) => reached));
  for (const { open } of gates) open();
});

test('a job that fails is tried again, later each time, and then lies among the dead letters', async () => {
  const job = aJob({
    retries: { limit: 2, delaySeconds: 1_000, delaySecondsMax: 100_000 },
    run: async () => {
      throw new Error('the broom broke');
    },
  });
  const { pool } = await aDatabase([job]);
  const id = (await sendJob(pool, job.name)) ?? '';
  const { reported } = aWorker(pool, [job]);
  const waits: number[] = [];
  for (const retry of [1, 2]) {
    await until(async () => (await findJob(pool, id))?.state === 'retry');
    const { rows } = await pool.query('select extract(epoch from start_after - now())::int as wait from jobs.job');
    waits.push(rows[0].wait);
    await pool.query(`update jobs.job set start_after = now() where state = 'retry'`);
    await until(async () => reported.failed.length > retry);
  }
  expect(reported.failed).toEqual([2, 1, 0].map((triesLeft) => [job.name, 'the broom broke', triesLeft]));
  expect(waits[0]).toBeGreaterThan(900);
  expect(waits[1]).toBeGreaterThan(1_900);
  const [letter] = await until(
    async () => (await listJobs(pool, job.deadLetter, 10)).length > 0 && listJobs(pool, job.deadLetter, 10),
  );
  expect(letter).toMatchObject({ sourceId: id, state: 'created', output: { message: 'the broom broke' } });
  expect(await findJob(pool, id)).toMatchObject({
    state: 'failed',
    retries: 2,
    output: { message: 'the broom broke' },
  });
});

test('what no other try would mend is tried once', async () => {
  const { pool, reported, id } = await aFinalFailure();
  expect(reported.failed).toEqual([['shop.sweep', 'the floor is gone', 0]]);
  expect(await findJob(pool, id)).toMatchObject({ retries: 0, output: { message: 'the floor is gone', area: 7 } });
  expect(await listJobs(pool, 'shop.dead-letters', 10)).toMatchObject([{ sourceId: id }]);
});

test('a failed job that is retried is no dead letter any more', async () => {
  const { pool, stop, id } = await aFinalFailure();
  await stop();
  expect(await retryJob(pool, { queue: 'shop.sweep', id })).toBe(true);
  expect(await retryJob(pool, { queue: 'shop.sweep', id })).toBe(false);
  expect(await listJobs(pool, 'shop.dead-letters', 10)).toEqual([]);
  aWorker(pool, [aJob({ run: async () => ({ swept: 1 }) })]);
  await until(async () => (await findJob(pool, id))?.state === 'completed');
});

test('a failed job is not retried while another one of its unique kind waits', async () => {
  const { pool, stop, id } = await aFinalFailure();
  await stop();
  await sendJob(pool, 'shop.sweep');
  expect(await retryJob(pool, { queue: 'shop.sweep', id })).toBe(false);
  expect(await listFailed(pool, 'shop.sweep')).toMatchObject([{ id }]);
  expect(await listJobs(pool, 'shop.dead-letters', 10)).toHaveLength(1);
});

test('an error of the database leaves no values behind', async () => {
  const { pool } = await testDatabase();
  const job = aJob({
    retries: { limit: 0, delaySeconds: 1, delaySecondsMax: 1 },
    run: async () => {
      await pool.query(`insert into tickets.inbox (message_id) values (gen_random_uuid()), (null)`);
      return {};
    },
  });
  await declared(pool, [job]);
  const id = (await sendJob(pool, job.name)) ?? '';
  aWorker(pool, [job]);
  const failed = await until(async () => (await listFailed(pool, job.name))[0]);
  expect(failed.id).toBe(id);
  expect(Object.keys(failed.output as object).sort()).toEqual(['message', 'name', 'stack']);
});

/** A worker whose job has failed for good. */
async function aFinalFailure() {
  const job = aJob({
    run: async () => {
      throw new FinalFailure('the floor is gone', { area: 7 });
    },
  });
  const { pool } = await aDatabase([job]);
  const id = (await sendJob(pool, job.name)) ?? '';
  const { reported, stop } = aWorker(pool, [job]);
  await until(async () => (await findJob(pool, id))?.state === 'failed');
  return { pool, reported, stop, id };
}
