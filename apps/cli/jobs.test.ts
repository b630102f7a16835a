import { setTimeout as pause } from 'node:timers/promises';
import { demo } from '@ticketbuddy/contracts';
import { type JobState, listJobs } from '@ticketbuddy/jobs';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { startModuleJobs, systemClock } from '@ticketbuddy/runtime';
import { createTestDatabase, type TestDatabase, testDatabase } from '@ticketbuddy/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { listOfQueues, retryJobs, runJob, showJobs } from './jobs.ts';
import { everyModule } from './modules.ts';
import { seed } from './seed.ts';
import { aContext, ticketbuddy, unguarded } from './test-cli.ts';

const audit = 'tickets.audit-seats';
const nobodysId = '00000000-0000-4000-8000-000000000000';

test('every queue is listed with its schedule and what is in it', async () => {
  const context = aContext({ DATABASE_URL: (await aShop()).url });
  expect(await listOfQueues(context, {})).toBe(0);
  const [heads, ...lines] = context.out().trimEnd().split('\n');
  expect(heads).toMatch(/^queue +schedule +waiting +running +failed +oldest waiting +last run$/);
  expect(lines.find((line) => line.startsWith(audit))).toMatch(/^\S+ +30 3 \* \* \* +0 +0 +0 +– +never$/);
  expect(lines.find((line) => line.startsWith('tickets.dead-letters'))).toMatch(/^\S+ +dead letters +0 +0 +0 +– +–$/);
});

test('every outbox and every inbox is pruned', async () => {
  const { pool } = await testDatabase();
  const { rows } = await pool.query<{ job: string }>(
    `select schemaname || '.prune-' || tablename as job from pg_tables where tablename in ('outbox', 'inbox')`,
  );
  const deps = { db: undefined as never, clock: systemClock, pool: undefined as never };
  const names = everyModule.flatMap((module) => module.jobs(deps)).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(rows.map(({ job }) => job)));
});

test('every job is named after its context, and so are its dead letters', () => {
  const deps = { db: undefined as never, clock: systemClock, pool: undefined as never };
  for (const module of everyModule) {
    for (const { name, deadLetter } of module.jobs(deps)) {
      expect([name.split('.')[0], deadLetter]).toEqual([module.name, `${module.name}.dead-letters`]);
    }
  }
});

test('a job is sent, and not a second time while it waits', async () => {
  const { url, pool } = await aShop();
  const [first, second] = [aContext({ DATABASE_URL: url }), aContext({ DATABASE_URL: url })];
  expect(await runJob(first, { of: audit })).toBe(0);
  const [job] = await listJobs(pool, audit, 2);
  expect(first.out()).toBe(`${audit}: job ${job?.id} waits; a running shop takes it up within ten seconds.\n`);
  expect(await runJob(second, { of: audit })).toBe(0);
  expect(second.out()).toBe(`${audit}: one waits or runs already, and there is never more than one.\n`);
  expect(await listJobs(pool, audit, 2)).toHaveLength(1);
});

test('an audit that finds a seat tampered with fails, is logged, and is seen with the seat that it found', async () => {
  const { url, pool, failed, logged } = await aFailedAudit();
  const finding = /^1 seat is not what the ledger says: event \S+ seat \d+$/;
  expect(logged).toEqual([['a job failed for good', { job: audit, message: expect.stringMatching(finding) }]]);
  const list = aContext({ DATABASE_URL: url });
  await listOfQueues(list, {});
  expect(list.out()).toMatch(/^tickets.audit-seats +30 3 \* \* \* +0 +0 +1 +– +\S+ \S+Z failed: 1 seat is not what/m);
  expect(list.out()).toMatch(/^tickets.dead-letters +dead letters +1 /m);
  const queue = aContext({ DATABASE_URL: url });
  await showJobs(queue, { of: audit });
  expect(queue.out()).toMatch(new RegExp(`^${failed.id}  .* failed: 1 seat is not what the ledger says: event`, 'm'));
  const one = aContext({ DATABASE_URL: url });
  await showJobs(one, { of: failed.id });
  expect(one.out()).toMatch(/^state +failed\ntries +1\n/m);
  expect(one.out()).toContain('"seats": 223');
  expect(await listJobs(pool, 'tickets.dead-letters', 2)).toMatchObject([{ sourceId: failed.id }]);
});

test('a failed job that is retried waits, and is gone from the dead letters', async () => {
  const { url, pool, failed } = await aFailedAudit();
  const [letter] = await listJobs(pool, 'tickets.dead-letters', 1);
  const context = aContext({ DATABASE_URL: url });
  expect(await retryJobs(context, { of: letter?.id ?? '' })).toBe(0);
  expect(context.out()).toBe(`${audit}: job ${failed.id} waits for another try.\n`);
  expect(await listJobs(pool, audit, 2)).toMatchObject([{ id: failed.id, state: 'retry' }]);
  expect(await listJobs(pool, 'tickets.dead-letters', 1)).toEqual([]);
  const again = aContext({ DATABASE_URL: url });
  await expect(retryJobs(again, { of: failed.id })).rejects.toThrow(
    `Job ${failed.id} has not failed: it is waiting for another try.`,
  );
});

test('of a queue all that failed are retried, and those that cannot be are named', async () => {
  const { url, pool, failed } = await aFailedAudit();
  await pool.query(
    `insert into jobs.job (name, state, policy, created_on) select name, state, policy, created_on - interval '1 day'
    from jobs.job where id = $1`,
    [failed.id],
  );
  const context = aContext({ DATABASE_URL: url });
  expect(await retryJobs(context, { all: audit })).toBe(1);
  expect(context.out()).toBe(`${audit}: job ${failed.id} waits for another try.\n`);
  expect(context.err()).toMatch(
    /^tickets.audit-seats: job \S+ is not retried, since another one waits or runs already\.\n$/,
  );
  const nothing = aContext({ DATABASE_URL: url });
  expect(await retryJobs(nothing, { all: 'users.prune-outbox' })).toBe(0);
  expect(nothing.out()).toBe('users.prune-outbox: no job has failed.\n');
});

test('as JSON the queues and jobs are there for a program', async () => {
  const { url } = await aShop();
  const { code, out, err } = await ticketbuddy(['jobs', '--json'], { DATABASE_URL: url });
  expect([code, err]).toEqual([0, '']);
  expect(JSON.parse(out)).toContainEqual({
    name: audit,
    holdsDeadLetters: false,
    schedule: '30 3 * * *',
    waiting: 0,
    running: 0,
    failed: 0,
    oldestWaiting: null,
    lastRun: null,
  });
  await runJob(aContext({ DATABASE_URL: url }), { of: audit });
  const shown = aContext({ DATABASE_URL: url });
  await showJobs(shown, { of: audit, json: true });
  expect(JSON.parse(shown.out())).toMatchObject([{ queue: audit, state: 'created', retries: 0, output: null }]);
});

describe('a command line that cannot be meant so is answered with what is wrong:', () => {
  let url: string;
  beforeAll(async () => {
    const database = await createTestDatabase();
    await startJobsOn(database).stop();
    url = database.url;
    return () => database.drop();
  });

  test.each([
    [
      'show tickets.audit',
      showJobs,
      { of: 'tickets.audit' },
      /^There is no queue "tickets.audit"; there are events.dead-letters, /,
    ],
    ['show of an unknown id', showJobs, { of: nobodysId }, /^There is no job 00000000-/],
    ['run sweep', runJob, { of: 'sweep' }, /^There is no queue "sweep"; /],
    ['run of dead letters', runJob, { of: 'users.dead-letters' }, /^Nobody works on users.dead-letters: /],
    ['retry of a queue', retryJobs, { of: audit }, /^"tickets.audit-seats" is no id of a job; /],
    ['retry of an unknown id', retryJobs, { of: nobodysId }, /^There is no job 00000000-/],
    ['retry of nothing', retryJobs, {}, /^Say which job to retry by its id, or --all <queue>; /],
    ['retry of one and all', retryJobs, { of: nobodysId, all: audit }, /^Say which job to retry by its id, or --all/],
  ])('%s', async (_, command, options, sentence) => {
    await expect(command(aContext({ DATABASE_URL: url }), options)).rejects.toThrow(sentence);
  });
});

test('a database that no shop has run on has no jobs yet, and gets none', async () => {
  const { url, pool } = await testDatabase();
  await pool.query('drop schema if exists jobs cascade');
  const { code, err } = await ticketbuddy(['jobs'], { DATABASE_URL: url });
  const sentence = 'There are no jobs yet: the database has no queues; start the shop once, which makes them.\n';
  expect([code, err]).toEqual([1, sentence]);
  expect((await pool.query(`select from pg_namespace where nspname = 'jobs'`)).rowCount).toBe(0);
});

test('queues of another version are named as the reason', async () => {
  const { url, pool } = await aShop();
  await pool.query('update jobs.version set version = version - 1');
  await expect(runJob(aContext({ DATABASE_URL: url }), { of: audit })).rejects.toThrow(
    /^The queues are of another version/,
  );
});

/** A database on which a shop has run. */
async function aShop(): Promise<TestDatabase> {
  const database = await testDatabase();
  await startJobsOn(database).stop();
  return database;
}

/** A shop where somebody changed a price in the table and the nightly audit has run. */
async function aFailedAudit() {
  const database = await aShop();
  const { url, pool } = database;
  await seed(aContext({ DATABASE_URL: url }));
  const eventId = await anEventWithAnOpenSeat(pool);
  await unguarded(pool, `update tickets.seats set price_pence = 1 where number = 2 and event_id = '${eventId}'`);
  await runJob(aContext({ DATABASE_URL: url }), { of: audit });
  const { stop, logged } = startJobsOn(database);
  const failed = await until(async () => (await listJobs(pool, audit, 1)).find(({ state }) => state === 'failed'));
  await stop();
  return { url, pool, failed, logged };
}

async function anEventWithAnOpenSeat(pool: TestDatabase['pool']): Promise<string> {
  const { rows } = await pool.query(
    'select event_id from tickets.seats where number = 2 and owner_id is null and event_id <> $1 limit 1',
    [demo.nearlySoldOutEventId],
  );
  return rows[0].event_id;
}

function startJobsOn({ pool }: TestDatabase) {
  const logged: unknown[] = [];
  const log = (context: object, message: string) => {
    const { err, job } = context as { readonly err: Error; readonly job?: string };
    logged.push([message, { job, message: err.message }]);
  };
  const deps = { db: createDatabase<never>(pool), clock: systemClock };
  const { stop } = startModuleJobs({ modules: everyModule, deps, pool, log: { warn: log, error: log } });
  return { stop, logged };
}

async function until(look: () => Promise<JobState | undefined>): Promise<JobState> {
  for (;;) {
    const found = await look();
    if (found) return found;
    await pause(20);
  }
}
