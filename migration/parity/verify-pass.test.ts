import { setTimeout as delay } from 'node:timers/promises';
import { createPace, pause, resume } from '@ticketbuddy/backfill';
import { until } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { type ProofLimits, readProof } from './proof.ts';
import { feedsOf, followedGround, followedShows, keyOfShow, startWriters } from './test-followed.ts';
import { openVerifier, type VerifiedTable, type Verifier, type VerifierOptions } from './verifier.ts';
import { verifyPass } from './verify-pass.ts';

const hour = 3_600_000;

test('round after round the whole table is proven, chunk by chunk, also by another process than the one before', async () => {
  const ground = await aGround(250);
  const one = await ground.verifier({ pace: createPace({ chunkRows: 100 }) });
  expect(await ground.proof()).toMatchObject({ verdict: 'unproven', from: null, ageMs: null });
  const passes = [await verifyPass(one), await verifyPass(one)];
  expect(await ground.proof()).toMatchObject({ verdict: 'unproven' });
  passes.push(await verifyPass(await ground.verifier({ pace: createPace({ chunkRows: 100 }) })));
  expect(passes.map(({ rows }) => rows)).toEqual([100, 100, 50]);
  const proof = await ground.proof();
  expect(proof).toMatchObject({ verdict: 'proven', rows: 250, differences: [], hasMore: false, broken: [] });
  expect([proof.from, proof.to].every((at) => at !== null)).toBe(true);
  await ground.round(one);
  expect((await ground.proof()).from).not.toBe(proof.from);
});

test('what was proven too long ago is no proof, nor is what nobody verifies', async () => {
  const ground = await aGround(10);
  await ground.round(await ground.verifier());
  await ground.target.query(`update shows set venue = venue + 1 where id = md5('5')::uuid`);
  expect((await ground.proof()).verdict).toBe('proven');
  await ground.target.query(`update migration.proofs set whole_from = whole_from - interval '1 hour'`);
  expect((await ground.proof({ ageMsMax: hour / 2 })).verdict).toBe('outdated');
  expect((await ground.proof({ ageMsMax: 2 * hour })).verdict).toBe('proven');
  expect((await ground.proof({ ageMsMax: 2 * hour, changesAgeMsMax: hour })).verdict).toBe('outdated');
  expect((await ground.proof({ ageMsMax: hour }, 'halls')).verdict).toBe('unproven');
});

test('a row that somebody else has changed in the target is named soon, however slow the round is', async () => {
  const ground = await aGround(2_000, 'with feeds');
  const writers = startWriters(ground.source, 1_000, 50);
  const verifier = await ground.verifier({ rowsPerSecondMax: 1 });
  await verifyPass(verifier);
  await ground.target.query(`update shows set title = 'rogue' where id = md5('1700')::uuid`);
  await until('it is named', async () => (await verifyPass(verifier)).differences > 0);
  await writers.stop();
  expect(ground.alarms).toEqual([`differs ${await keyOfShow(ground.target, 1_700)}`]);
  expect((await ground.proof()).verdict).toBe('differs');
});

test('a difference is told once, again when its row is written to, and is gone from the proof when it is mended', async () => {
  const ground = await aGround(50, 'with feeds');
  const set = (title: string) => ground.target.query(`update shows set title = $1 where id = md5('5')::uuid`, [title]);
  const verifier = await ground.verifier();
  await set('rogue');
  await ground.round(verifier);
  await ground.round(verifier);
  expect(ground.alarms).toHaveLength(1);
  await set('rogue');
  await verifyPass(verifier);
  expect(ground.alarms).toHaveLength(2);
  expect((await ground.proof()).differences).toHaveLength(1);
  await set('Show 5');
  await verifyPass(verifier);
  expect(ground.alarms).toHaveLength(2);
  expect(await ground.proof()).toMatchObject({ verdict: 'proven', differences: [] });
});

test('what is known to differ is looked at in each pass, wherever the round is', async () => {
  const ground = await aGround(50);
  const verifier = await ground.verifier({ pace: createPace({ chunkRows: 10 }) });
  const first = 'where id = (select id from shows order by id limit 1)';
  await ground.target.query(`update shows set venue = venue + 1 ${first}`);
  const differences = [(await verifyPass(verifier)).differences, (await verifyPass(verifier)).differences];
  await ground.target.query(`update shows set venue = venue - 1 ${first}`);
  differences.push((await verifyPass(verifier)).differences);
  expect(differences).toEqual([1, 1, 0]);
});

test('rows that the source has changed are verified before their turn, and since when is known', async () => {
  const ground = await aGround(1_000, 'with feeds');
  const verifier = await ground.verifier({ rowsPerSecondMax: 1 });
  await ground.target.query(`alter table shows disable trigger note; create function spoil() returns trigger language plpgsql as $$
    begin new.title := 'spoilt'; return new; end $$;
    create trigger spoil before update on shows for each row execute function spoil()`);
  await ground.source.query(`update "Shows" set "Venue" = 3 where "Id" = md5('777')::uuid`);
  await until('it is named', async () => (await verifyPass(verifier)).differences > 0);
  expect(ground.alarms).toEqual([`differs ${await keyOfShow(ground.target, 777)}`]);
  expect((await ground.proof()).changesAgeMs).toBeGreaterThanOrEqual(0);
});

test('while changes wait to be verified, they are not told to be', async () => {
  const ground = await aGround(10, 'with feeds');
  await ground.round(await ground.verifier());
  const { rows } = await ground.target.query('select changes_at::text from migration.proofs');
  await pause({ pool: ground.target, schema: 'migration', unit: ground.followed.unit.name });
  await ground.source.query(`update "Shows" set "Venue" = 3`);
  const waitMsMax = 100;
  await verifyPass(await ground.verifier({ patienceMs: 100, waitMsMax }));
  expect((await ground.target.query('select changes_at::text from migration.proofs')).rows).toEqual(rows);
});

test('it looks at no more rows a second than it may', async () => {
  const ground = await aGround(2_000);
  const startedAt = performance.now();
  const verifier = await ground.verifier({ rowsPerSecondMax: 200, pace: createPace({ chunkRows: 150 }) });
  let rows = 0;
  for (let passes = 0; passes < 10; passes++) rows += (await verifyPass(verifier)).rows;
  expect(rows).toBeGreaterThanOrEqual(150);
  expect(rows).toBeLessThanOrEqual(200 + ((performance.now() - startedAt) * 200) / 1_000);
});

test('it reads less and rests while a probe at the source is slow', async () => {
  const ground = await aGround(10);
  const pace = createPace({ chunkRows: 400, probe: () => delay(20) });
  const verifier = await ground.verifier({ pace, probeMsMax: 1 });
  expect([await verifier.rowsNow(), await verifier.rowsNow()]).toEqual([200, 0]);
});

test('nothing is told of a table that is being copied, nor by two at once', async () => {
  const ground = await aGround(10);
  const verifier = await ground.verifier();
  await pause({ pool: ground.target, schema: 'migration', unit: ground.followed.unit.name });
  await ground.target.query('update migration.copies set is_complete = false');
  expect((await verifyPass(verifier)).outcome).toBe('copying');
  await ground.target.query('update migration.copies set is_complete = true');
  await resume({ pool: ground.target, schema: 'migration', unit: ground.followed.unit.name });
  const other = await ground.target.connect();
  await other.query(
    `begin; select pg_advisory_xact_lock(hashtext('verify.migration.${ground.followed.unit.name}.shows'))`,
  );
  expect((await verifyPass(verifier)).outcome).toBe('elsewhere');
  await other.query('rollback');
  other.release();
  expect((await verifyPass(verifier)).outcome).toBe('verified');
});

test('what has to hold of the whole is compared at the end of each round', async () => {
  const invariant = (target: string) => ({
    name: 'shows',
    source: 'select count(*) from "Shows"',
    target: `select count(*) from shows where ${target}`,
    changesOf: followedShows.changesOf,
  });
  const ground = await aGround(10);
  const broken = { ...followedShows, invariants: [invariant('true'), invariant('venue > 2')] };
  await ground.round(await ground.verifier({ tables: [broken] }));
  expect(await ground.proof()).toMatchObject({
    verdict: 'differs',
    differences: [],
    broken: [{ name: 'shows', source: [['10']], target: [['5']] }],
  });
  await ground.round(await ground.verifier({ tables: [{ ...followedShows, invariants: [invariant('true')] }] }));
  expect(await ground.proof()).toMatchObject({ verdict: 'proven', broken: [] });
});

test('of more differences than are kept it is known that there are more, until a whole round has found none', async () => {
  const ground = await aGround(300);
  await ground.target.query(`update shows set venue = venue + 1`);
  const verifier = await ground.verifier({ pace: createPace({ chunkRows: 250 }) });
  await verifyPass(verifier);
  const proof = await ground.proof();
  expect([proof.verdict, proof.hasMore, proof.differences.length]).toEqual(['differs', true, 100]);
  await ground.target.query(`update shows set venue = venue - 1`);
  const next = await ground.verifier({ pace: createPace({ chunkRows: 150 }) });
  await verifyPass(next);
  expect(await ground.proof()).toMatchObject({ verdict: 'differs', hasMore: true, differences: [] });
  await ground.round(next);
  expect(await ground.proof()).toMatchObject({ verdict: 'proven', hasMore: false, differences: [] });
});

async function aGround(shows: number, feeds?: 'with feeds') {
  const ground = await followedGround(shows);
  const { target, followed } = ground;
  const alarms: string[] = [];
  const table: VerifiedTable = { ...followedShows, ...(feeds && feedsOf(target)) };
  const verifier = (options: Partial<VerifierOptions> = {}) =>
    openVerifier({
      followed,
      tables: [table],
      rowsPerSecondMax: 1e6,
      pace: createPace(),
      patienceMs: 20_000,
      waitMsMax: 20_000,
      onDifference: (_name, { kind, key }) => alarms.push(`${kind} ${key}`),
      ...options,
    });
  const proof = async (limits: ProofLimits = { ageMsMax: hour }, name = 'shows') => {
    const place = { schema: 'migration', unit: followed.unit.name, tables: [name] };
    const [found] = await readProof(target, place, limits);
    if (!found) throw new Error('there is no answer');
    return found;
  };
  return { ...ground, alarms, verifier, proof, round: (by: Verifier) => wholeRound(by, proof) };
}

async function wholeRound(verifier: Verifier, proof: () => Promise<{ readonly from: string | null }>): Promise<void> {
  const { from } = await proof();
  await until('the round is whole', async () => {
    await verifyPass(verifier);
    return (await proof()).from !== from;
  });
}
