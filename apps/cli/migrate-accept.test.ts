import { until } from '@ticketbuddy/testing';
import type pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { ended, start, ticketbuddy } from './test-cli.ts';
import { bothSidesAlone } from './test-migrate.ts';

const launcher = new URL('ticketbuddy.mjs', import.meta.url).pathname;

it('a table that is changed in the middle of a move stops its stream, and goes on when somebody accepts that', {
  timeout: 240_000,
}, async () => {
  const { settings, legacy, next } = await bothSidesAlone();
  const accept = (...words: string[]) => ticketbuddy(['migrate', 'accept', 'events', ...words], settings);
  await announce(legacy.pool, 'Before');
  const first = aWorker(settings);
  await untilCarried(next.pool, ['Before']);
  await legacy.pool.query(`alter table "Event"."Events" add column "Note" text`);
  await announce(legacy.pool, 'After');
  await until('its stream stops', async () => first.said().includes('has changed'), 60_000);
  expect(await namesIn(next.pool)).toEqual(['Before']);
  await first.stop();

  expect(await accept()).toMatchObject({ code: 1, err: 'Nobody is here to ask: say --confirm events.\n' });
  expect(await accept('--confirm', 'events')).toMatchObject({
    code: 0,
    out: 'The tables of events are followed as they are now. Go on with `migrate start events`.\n',
  });
  const second = aWorker(settings);
  await untilCarried(next.pool, ['After', 'Before']);
  await second.stop();
  expect((await ticketbuddy(['migrate', 'journal'], settings)).out).toMatch(/ tables accepted as they are\n/);
  expect((await ticketbuddy(['migrate', 'abandon', 'events', '--confirm', 'events'], settings)).code).toBe(0);
});

function aWorker(settings: Readonly<Record<string, string>>) {
  const worker = start([launcher, 'migrate', 'start'], settings);
  const end = ended(worker);
  const said: string[] = [];
  for (const stream of [worker.stdout, worker.stderr]) stream.on('data', (text) => said.push(`${text}`));
  onTestFinished(() => void worker.kill('SIGKILL'));
  const stop = async () => {
    worker.kill('SIGINT');
    await end;
  };
  return { said: () => said.join(''), stop };
}

async function announce(pool: pg.Pool, name: string): Promise<void> {
  await pool.query(
    `insert into "Event"."Events" ("Id", "EventName", "Venue", "EndDate", "Price")
     values (gen_random_uuid(), $1, 1, now() + interval '1 hour', 5)`,
    [name],
  );
}

async function untilCarried(pool: pg.Pool, names: readonly string[]): Promise<void> {
  await until(`${names} are there`, async () => `${await namesIn(pool)}` === `${names}`, 60_000);
}

async function namesIn(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>('select name from events.events order by name');
  return rows.map(({ name }) => name);
}
