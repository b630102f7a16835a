import { randomUUID } from 'node:crypto';
import { FinalFailure } from '@ticketbuddy/jobs';
import { expect, test } from 'vitest';
import { jobs } from './jobs.ts';
import { aBoxOfficePerTest, type BoxOffice, unguarded } from './test-box-office.ts';
import { anEvent } from './test-builders.ts';

const openBoxOffice = aBoxOfficePerTest();

test('the nightly audit answers how much it compared, page after page', async () => {
  const boxOffice = await openBoxOffice();
  await Promise.all(Array.from({ length: 101 }, () => boxOffice.announce({ id: randomUUID() })));
  expect(await run(boxOffice, 'tickets.audit-seats')).toEqual({ events: 101, seats: 1_010, findings: 0 });
});

test('the nightly audit fails for good when a seat is not what the ledger says, and names it', async () => {
  const boxOffice = await openBoxOffice();
  await boxOffice.announce();
  await unguarded(boxOffice.pool, 'update tickets.seats set price_pence = 1 where number = 3');
  const failure = await run(boxOffice, 'tickets.audit-seats').catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(FinalFailure);
  expect(failure).toMatchObject({
    message: `1 seat is not what the ledger says: event ${anEvent().id} seat 3`,
    result: { events: 1, seats: 10, findings: 1 },
  });
});

test('of many such seats the nightly audit names the first five', async () => {
  const boxOffice = await openBoxOffice();
  await boxOffice.announce();
  await unguarded(boxOffice.pool, 'update tickets.seats set price_pence = 1');
  const numbers = [1, 2, 3, 4, 5].map((number) => `event ${anEvent().id} seat ${number}`).join(', ');
  const message = `10 seats are not what the ledger says: ${numbers} and 5 more`;
  await expect(run(boxOffice, 'tickets.audit-seats')).rejects.toThrow(message);
});

test('an idempotency record is kept for 24 hours', async () => {
  const boxOffice = await openBoxOffice();
  await remember(boxOffice, 'yesterday');
  boxOffice.clock.advance({ hours: 24 });
  await remember(boxOffice, 'now');
  expect(await run(boxOffice, 'tickets.expire-idempotency-records')).toEqual({ deleted: 0 });
  boxOffice.clock.advance({ seconds: 1 });
  expect(await run(boxOffice, 'tickets.expire-idempotency-records')).toEqual({ deleted: 1 });
  expect((await boxOffice.pool.query('select key from tickets.idempotency')).rows).toEqual([{ key: 'now' }]);
});

test('more records than go at once are all expired', async () => {
  const boxOffice = await openBoxOffice();
  await remember(boxOffice, 'a record of many', 25_000);
  boxOffice.clock.advance({ hours: 25 });
  expect(await run(boxOffice, 'tickets.expire-idempotency-records')).toEqual({ deleted: 25_000 });
});

test.each(['tickets.prune-outbox', 'tickets.prune-inbox'])(
  '%s deletes what is old, however much it is',
  async (name) => {
    const boxOffice = await openBoxOffice();
    await boxOffice.pool.query(`
    insert into tickets.inbox (message_id, received_at)
    select gen_random_uuid(), now() - days * interval '1 day' from generate_series(1, 12000), (values (29), (31)) as d (days);
    insert into tickets.outbox (message_id, urn, key, version, sent_at, body, published_at)
    select gen_random_uuid(), 'urn:x', 'x', 1, now() - interval '9 days', '{}', published_at
    from generate_series(1, 12000), (values (now() - interval '6 days'), (now() - interval '8 days'), (null)) as p (published_at)`);
    expect(await run(boxOffice, name)).toEqual({ deleted: 12_000 });
  },
);

test('what is told to end does so between two steps', async () => {
  const boxOffice = await openBoxOffice();
  for (const { run } of jobs({ ...boxOffice.deps, pool: boxOffice.pool })) {
    await expect(run({ payload: null, signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
  }
});

function run({ deps, pool }: BoxOffice, name: string) {
  const job = jobs({ ...deps, pool }).find((one) => one.name === name);
  if (!job) throw new TypeError(`there is no job ${name}`);
  return job.run({ payload: null, signal: new AbortController().signal });
}

async function remember({ pool, clock }: BoxOffice, key: string, times = 1): Promise<void> {
  await pool.query(
    `insert into tickets.idempotency (scope, key, request_hash, created_at)
     select 'reserve ' || n, $1, sha256('request'), $2 from generate_series(1, $3::int) as n`,
    [key, clock.now().toString(), times],
  );
}
