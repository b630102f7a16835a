import { randomUUID } from 'node:crypto';
import { knownMoverUrl } from '@ticketbuddy/takeover';
import { type TestDatabase, until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { type Ended, ended, start, ticketbuddy, unguarded } from './test-cli.ts';
import { aGatewayThatHolds, bothSides, bothSidesAlone, isThere } from './test-migrate.ts';

const launcher = new URL('ticketbuddy.mjs', import.meta.url).pathname;

it('says which setting is missing, and what can be moved', async () => {
  const { settings } = await bothSides();
  const { LEGACY_DATABASE_URL: _, ...without } = settings;
  expect(await ticketbuddy(['migrate', 'status'], without)).toMatchObject({
    code: 1,
    err: "LEGACY_DATABASE_URL: expected the legacy's database, a URL like postgres://user@host:5432/name.\n",
  });
  expect((await ticketbuddy(['migrate', 'status', 'shows'], settings)).err).toBe(
    'shows cannot be moved; what can be: events.\n',
  );
});

it.each([['status'], ['verify'], ['pause']])(
  'migrate %s says that it is the legacy whose database it cannot reach, and not its password',
  async (word) => {
    const { settings, next } = await bothSides();
    await next.pool.query(`create schema ticketbuddy_migration;
    create table ticketbuddy_migration.fences as select 'events' as unit, 'legacy' as owner, 1::bigint as epoch`);
    const away = { ...settings, LEGACY_DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/old' };
    expect(await ticketbuddy(['migrate', word], away)).toEqual({
      code: 1,
      out: '',
      err: 'LEGACY_DATABASE_URL: the database old at 127.0.0.1:1 cannot be reached (ECONNREFUSED).\n',
    });
  },
);

it('plans without changing anything, says what is missing, and does not start without it', async () => {
  const { settings, legacy, next } = await bothSides();
  const before = await thingsIn(legacy.pool);
  const planned = await ticketbuddy(['migrate', 'plan'], settings);
  expect(planned.out).toMatch(/1\. npx ticketbuddy migrate start events: puts a schema.*\n.*\n.*switch events/);
  expect([planned.out.includes('Nothing is missing.'), planned.code]).toEqual([true, 0]);
  expect(planned.out).toMatch(/✔ next: a role of its own +is made with the start\n/);
  await ticketbuddy(['migrate', 'status'], settings);
  await ticketbuddy(['migrate', 'verify'], settings);
  expect(await thingsIn(legacy.pool)).toEqual(before);
  expect(await hasMover(next)).toBe(false);
  await next.pool.query(
    `insert into events.events (id, name, starts_at, ends_at, venue, price_pence) values ($1, 'Demo', now(), now(), 0, 1)`,
    [randomUUID()],
  );
  const again = await ticketbuddy(['migrate', 'plan'], settings);
  expect([again.code, again.out]).toEqual([
    1,
    expect.stringMatching(/✘ next: rows +"events"."events" has 1: begin with empty/),
  ]);
  expect(await ticketbuddy(['migrate', 'start'], settings)).toEqual({
    code: 1,
    out: '',
    err: expect.stringMatching(
      /^Nothing was started, .*:\n {2}✘ next: rows {2}"events"."events" has 1: begin with empty.*\n$/,
    ),
  });
  expect(await thingsIn(legacy.pool)).toEqual(before);
});

it.each([
  ['switch', 'events', '--confirm', 'events'],
  ['accept', 'events', '--confirm', 'events'],
  ['reads', 'events', '10'],
  ['shadow', 'set', '10'],
  ['pause'],
  ['resume'],
  ['throttle', '20'],
  ['rejects'],
  ['rejects', '--replay'],
])('migrate %s is refused while nothing has been started', async (...words) => {
  const { settings } = await bothSides();
  expect(await ticketbuddy(['migrate', ...words], settings)).toEqual({
    code: 1,
    out: '',
    err: 'Nothing has been started: run `migrate start events`.\n',
  });
});

it.each(['Infinity', 'NaN', '-5', '0', 'fast', ''])('does not let the copy give way beyond "%s" ms', async (ms) => {
  const { settings } = await bothSides();
  const err = `"${ms}" is neither a number of ms above 0 nor off.\n`;
  for (const words of [
    ['throttle', ms],
    ['start', '--throttle', ms],
  ])
    expect(await ticketbuddy(['migrate', ...words], settings)).toEqual({ code: 1, out: '', err });
});

it('compares beside prices that are no numbers, and names their rows', async () => {
  const { settings, legacy, next } = await bothSides();
  const [lacking, other] = [randomUUID(), randomUUID()];
  for (const id of [lacking, other])
    await legacy.pool.query(`insert into "Event"."Events" values ($1, 'Rock Night', now(), 0, now(), 'NaN')`, [id]);
  await next.pool.query(
    `insert into events.events (id, name, starts_at, ends_at, venue, price_pence) values ($1, 'Rock Night', now(), now(), 0, 1)`,
    [other],
  );
  for (const how of [[], ['--second-look']]) {
    const { code, out, err } = await ticketbuddy(['migrate', 'verify', ...how], settings);
    expect([code, out.includes(lacking), out.includes(other), err]).toEqual([1, true, true, '']);
  }
});

it('says that there is no journal while nothing has been started', async () => {
  const { settings } = await bothSides();
  const err = 'There is no journal yet: `migrate start` makes it.\n';
  expect(await ticketbuddy(['migrate', 'journal'], settings)).toEqual({ code: 1, out: '', err });
});

it('takes a switch back when whoever asked for it is interrupted before anybody has begun it', {
  timeout: 120_000,
}, async () => {
  const { settings, next } = await bothSidesAlone();
  const worker = start([launcher, 'migrate', 'start'], settings);
  const carrying = ended(worker);
  await until('there is a place to ask at', () => isThere(next.pool, 'ticketbuddy_migration.move_requests'), 60_000);
  worker.kill('SIGINT');
  await carrying;
  const requests = async () => (await next.pool.query('select from ticketbuddy_migration.move_requests')).rowCount;
  const asking = start([launcher, 'migrate', 'switch', 'events', '--confirm', 'events'], settings);
  const said = ended(asking);
  await until('it is asked for', async () => (await requests()) === 1);
  asking.kill('SIGINT');
  expect(await said).toMatchObject({
    code: 130,
    err: expect.stringContaining('Nobody had begun it: nothing was done.'),
  });
  expect(await requests()).toBe(0);
  expect(await hasMover(next)).toBe(true);
  expect(await ticketbuddy(['migrate', 'abandon', 'events', '--confirm', 'events'], settings)).toMatchObject({
    code: 0,
    out: 'Nothing of the move of events is left in either database, but for the journal.\n',
  });
  expect(await hasMover(next)).toBe(false);
  expect((await ticketbuddy(['migrate', 'journal'], settings)).out).toMatch(/ abandoned\b/);
});

it('moves events over and back, each step as a command', { timeout: 400_000 }, async () => {
  const { settings, legacy, next } = await bothSidesAlone();
  const migrate = (...words: string[]) => ticketbuddy(['migrate', ...words], settings);
  await addEvents(legacy.pool, 20);
  const worker = start([launcher, 'migrate', 'start', '--throttle', '20'], settings);
  const said = ended(worker);
  onTestFinished(() => void worker.kill('SIGKILL'));
  await until('a gateway can say that it is there', () => isThere(next.pool, 'ticketbuddy_migration.edges'));
  await aGatewayThatHolds(next.pool);
  await until('all gates are open', async () => (await migrate('status')).code === 0, 150_000);
  expect((await migrate('status')).out).toMatch(
    /^events +belongs to legacy, epoch 1\n(?:.*\n)*.*copied +"Event"."Events": 20 rows\n {2}throttle +The copy gives way/,
  );

  const limits = await next.pool.query(
    'select unit, probe_ms_max from ticketbuddy_migration.checkpoints order by unit',
  );
  expect(limits.rows).toEqual([{ unit: 'events_to_next', probe_ms_max: 20 }]);
  expect(await migrate('start')).toEqual({
    code: 1,
    out: '',
    err: 'Another process writes what comes by events_to_next, and there is one at a time.\n',
  });

  // On a busy machine a gate may be closed for a moment: then it is asked again, as a person would.
  const says = (what: RegExp, ...words: string[]) =>
    until(`it says ${what}`, async () => what.test(Object.values(await migrate(...words)).join('\n')), 150_000);
  await says(/^1\n\n"users" is not "events": nothing was done\.\n$/, 'switch', 'events', '--confirm', 'users');
  await says(/^1\n\nNobody is here to ask: say --confirm events\.\n$/, 'switch', 'events');
  await says(/^0\nevents belongs to next now(?: \(\d+ ms\))?\.\n/, 'switch', 'events', '--confirm', 'events');
  await expect(addEvents(legacy.pool, 1)).rejects.toThrow('events is written by next, not here');
  await until('the gates of the way back are open', async () => (await migrate('status')).code === 0, 150_000);
  await says(/^0\nevents belongs to legacy now/, 'rollback', 'events', '--confirm', 'events');

  expect((await migrate('verify')).out).toBe('✔ "events"."events"  20 rows at the owner, 20 at the other side: same\n');
  expect((await migrate('verify', '--second-look')).out).toMatch(/20 rows at the legacy, 20 at the new system: same/);
  expect(await migrate('rejects')).toMatchObject({ code: 0, out: 'Every row has its place.\n' });
  expect((await migrate('pause')).out).toMatch(/^events stands still/);
  expect((await migrate('status')).out).toMatch(/✘ the stream to next +paused/);
  expect((await migrate('resume')).out).toBe('events goes on.\n');
  const journal = (await migrate('journal')).out;
  expect(journal).toMatch(/ move begun {2}(?:.*\n)* *\d+ entries, as they were written\.\n$/);
  for (const act of [
    'carrying begun',
    'gates to next are open',
    'gates to legacy are open',
    'verified',
    'paused',
    'resumed',
  ])
    expect(journal).toMatch(new RegExp(`  ${act}\\b`));
  await unguarded(next.pool, `update ticketbuddy_migration.journal set evidence = '"forged"' where nth = 5`);
  expect(await migrate('journal')).toMatchObject({
    code: 1,
    err: 'The journal was changed: entry 5 is not the one that was written.\n',
  });

  worker.kill('SIGINT');
  expect(await said).toMatchObject<Partial<Ended>>({
    out: expect.stringMatching(/^The copy gives way beyond 20 ms\.\n(?:.*\n)*All that was there is copied: 20 rows/),
  });
  expect((await migrate('abandon', 'events', '--confirm', 'events')).code).toBe(0);
  expect(await isThere(legacy.pool, 'ticketbuddy_migration.fences')).toBe(false);
});

async function addEvents(pool: pg.Pool, count: number): Promise<void> {
  await pool.query(
    `insert into "Event"."Events" select gen_random_uuid(), 'Gala ' || n, '2041-01-01'::timestamptz + n * interval '1 day',
       n % 10, '2041-01-01'::timestamptz + n * interval '1 day 2 hours', n from generate_series(1, $1::int) as n`,
    [count],
  );
}

async function hasMover({ pool, url }: TestDatabase): Promise<boolean> {
  return (await knownMoverUrl(pool, url)) !== url;
}

async function thingsIn(pool: pg.Pool): Promise<unknown[]> {
  return (
    await pool.query('select oid::regclass::text from pg_class union all select tgname from pg_trigger order by 1')
  ).rows;
}
