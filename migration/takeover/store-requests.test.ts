import { beginMove, conduct } from '@ticketbuddy/cutover';
import { until } from '@ticketbuddy/testing';
import { expect, onTestFinished, test } from 'vitest';
import { prepareTakeover } from './prepare.ts';
import { serveRequest } from './serve-requests.ts';
import { answerRequest, insertRequest, readRequest, takeRequest, withdrawRequest } from './store-requests.ts';
import { aLibrary } from './test-library.ts';

const unit = 'library';

test('requests are taken in the order in which they came, one at a time, each unit its own', async () => {
  const { next } = await aPrepared();
  await insertRequest(next, 'theatre', 'next');
  const [first, second] = [await insertRequest(next, unit, 'next'), await insertRequest(next, unit, 'legacy')];
  expect(await takeRequest(next, unit)).toEqual({ nth: first, to: 'next', wasBegun: false });
  expect(await readRequest(next, second)).toEqual({ isBegun: false, answer: null });
  await answerRequest(next, first, { outcome: 'done' });
  expect(await takeRequest(next, unit)).toEqual({ nth: second, to: 'legacy', wasBegun: false });
});

test('what somebody has taken up is not withdrawn', async () => {
  const { next } = await aPrepared();
  const nth = await insertRequest(next, unit, 'next');
  await takeRequest(next, unit);
  expect(await withdrawRequest(next, nth)).toBe(false);
  expect(await readRequest(next, nth)).toEqual({ isBegun: true, answer: null });
});

test('of two who take a request at the same time only one finds that nobody has begun it', async () => {
  const { next } = await aPrepared();
  await insertRequest(next, unit, 'next');
  const client = await next.connect();
  onTestFinished(() => client.release(true));
  await client.query('begin');
  expect(await takeRequest(client, unit)).toMatchObject({ wasBegun: false });
  const second = takeRequest(next, unit);
  const waiting = `select from pg_locks where not granted and locktype = 'transactionid' and pid in (
    select pid from pg_stat_activity where datname = current_database())`;
  await until('the second one waits', async () => (await next.query(waiting)).rowCount === 1);
  await client.query('commit');
  expect(await second).toMatchObject({ wasBegun: true });
});

test('a request whose move somebody is still at is answered when that has come to its end', async () => {
  const { takeover, next } = await aPrepared();
  const nth = await insertRequest(next, unit, 'next');
  await takeRequest(next, unit);
  await conduct(next, unit, (client) =>
    beginMove(client, unit, { to: 'next', epoch: 1, deadline: '2026-01-01T00:00:00Z' }),
  );
  expect(await serveRequest(takeover)).toBeUndefined();
  expect(await readRequest(next, nth)).toEqual({ isBegun: true, answer: null });
});

test('a request is served by one worker, and left alone by another one that looks meanwhile', async () => {
  const { takeover, next } = await aPrepared();
  const nth = await insertRequest(next, unit, 'next');
  const answers = await Promise.all([serveRequest(takeover), serveRequest(takeover)]);
  expect(answers.map((answer) => answer?.outcome).sort()).toEqual(['refused', undefined]);
  expect((await readRequest(next, nth))?.answer?.outcome).toBe('refused');
});

async function aPrepared() {
  const library = await aLibrary();
  await prepareTakeover(library.takeover);
  return library;
}
