import { pause, resume } from '@ticketbuddy/backfill';
import { until } from '@ticketbuddy/testing';
import { expect, test } from 'vitest';
import { compareFollowed } from './compare-followed.ts';
import type { Followed } from './followed.ts';
import { checkInvariants, type Invariant } from './invariants.ts';
import { followedGround, followedShows, keyOfShow, startWriters } from './test-followed.ts';

// A busy machine is slow; what is not proven then is no fault.
const patient = { patienceMs: 30_000, waitMsMax: 10_000 };

test('systems that are equal and written to are never told to differ, and are proven all the while', async () => {
  const { source, followed, errors } = await followedGround(3_000);
  const writers = startWriters(source, 3_000, 100);
  const diffs: unknown[] = [];
  let proven = 0;
  await until(
    'many rows were written while it was looked at, and the whole was proven',
    async () => {
      const found = await compareFollowed(followed, followedShows);
      diffs.push(...found.diffs);
      proven += found.verdict === 'same' ? 1 : 0;
      return proven > 0 && writers.written() >= 400;
    },
    50_000,
  );
  await writers.stop();
  expect(diffs).toEqual([]);
  expect(errors).toEqual([]);
});

test('without a record of what has changed, equal systems would be told to differ', async () => {
  const { source, followed } = await followedGround(2, 100);
  const writers = startWriters(source, 2, 100);
  const unaware = { ...followed, changedBetween: async () => 'none' as const };
  await until(
    'a false difference is told',
    async () => (await compareFollowed(unaware, followedShows)).verdict === 'differs',
    40_000,
  );
  const aware = await compareFollowed(followed, followedShows, [{}], { patienceMs: 2_000 });
  await writers.stop();
  expect(aware.diffs).toEqual([]);
});

test('a microsecond in one row is found while others are written, with both values and the last change of the row', async () => {
  const { source, target, followed } = await followedGround(2_000);
  const writers = startWriters(source, 1_000, 100);
  await source.query(`update "Shows" set "Title" = 'changed' where "Id" = md5('1700')::uuid`);
  await until('the change has come', async () => {
    const { rows } = await target.query(`select from shows where title = 'changed'`);
    return rows.length > 0;
  });
  await target.query(`update shows set starts = starts + interval '1 microsecond' where id = md5('1700')::uuid`);
  const { verdict, diffs } = await compareFollowed(followed, followedShows, [{}], patient);
  await writers.stop();
  const columns = [
    { column: 'starts', source: '2026-08-11 08:00:00.001700 AD', target: '2026-08-11 08:00:00.001701 AD' },
  ];
  expect({ verdict, diffs }).toEqual({
    verdict: 'differs',
    diffs: [
      {
        kind: 'differs',
        key: await keyOfShow(source, 1_700),
        columns,
        lastChange: { xid: expect.any(Number), position: expect.any(String), notedAt: expect.any(String) },
      },
    ],
  });
});

test('rows that are lost or added on one side only are found, in ranges of keys and by their keys', async () => {
  const { target, followed } = await followedGround(2_000);
  const [lost, added] = [await keyOfShow(target, 7), await keyOfShow(target, 5_000)];
  await target.query('delete from shows where id = $1', [lost]);
  await target.query('insert into shows (id) values ($1)', [added]);
  const told = async (ranges: Parameters<typeof compareFollowed>[2]) =>
    (await compareFollowed(followed, followedShows, ranges)).diffs.map(({ kind, key }) => `${kind} ${key}`).sort();
  const both = [`extra ${added}`, `missing ${lost}`];
  expect(await told([{}])).toEqual(both);
  expect(await told([{ keys: [lost, added, await keyOfShow(target, 8)] }])).toEqual(both);
  expect(await told([{ keys: [await keyOfShow(target, 8)] }])).toEqual([]);
});

test('a row that is written all the time shrinks to itself and is proven', async () => {
  const { source, followed } = await followedGround(3_000);
  const hot = startWriters(source, 1, 50);
  const { verdict, unproven } = await compareFollowed(followed, followedShows, [{}], patient);
  await hot.stop();
  expect({ verdict, unproven }).toEqual({ verdict: 'same', unproven: [] });
});

test('a row that is written all the time and was spoilt in the target is found when a change has not mended it', async () => {
  const { source, target, followed } = await followedGround(50);
  await target.query(`create function keep_wrong() returns trigger language plpgsql as $$
    begin new.venue := 99; return new; end $$;
    create trigger keep_wrong before update on shows for each row execute function keep_wrong()`);
  const hot = startWriters(source, 1, 50);
  await until('it was changed', async () => (await target.query('select from shows where venue = 99')).rowCount === 1);
  const { diffs } = await compareFollowed(followed, followedShows, [{}], patient);
  await hot.stop();
  expect(diffs.map(({ key }) => key)).toEqual([await keyOfShow(source, 1)]);
});

test('a target that stands still proves nothing, until it goes on', async () => {
  const { source, followed } = await followedGround(100);
  const control = { pool: followed.target, schema: 'migration', unit: followed.unit.name };
  await pause(control);
  await source.query(`update "Shows" set "Venue" = 8`);
  const paused = await compareFollowed(followed, followedShows, [{}], { patienceMs: 300, waitMsMax: 200 });
  expect(paused).toMatchObject({ verdict: 'moved', diffs: [], unproven: [{}] });
  await resume(control);
  expect(await compareFollowed(followed, followedShows)).toMatchObject({ verdict: 'same', unproven: [] });
});

test('a difference that is gone when it is looked at once more is not told', async () => {
  const { target, followed } = await followedGround(100);
  const wrong = async (by: number) =>
    target.query(`update shows set venue = venue + $1 where id = md5('9')::uuid`, [by]);
  await wrong(1);
  let asked = 0;
  // First for the sum, then for the rows.
  const mending: Followed = {
    ...followed,
    async changedBetween(...question) {
      if (++asked === 2) await wrong(-1);
      return followed.changedBetween(...question);
    },
  };
  expect(await compareFollowed(mending, followedShows)).toMatchObject({ verdict: 'same', diffs: [] });
  expect(asked).toBe(3);
});

test('what is the same though it has changed in between is no proof', async () => {
  const { followed } = await followedGround(1);
  const changing = { ...followed, changedBetween: async () => 'some' as const };
  expect(await compareFollowed(changing, followedShows, [{}], { patienceMs: 100 })).toMatchObject({ verdict: 'moved' });
});

test('what the record does not reach back to is looked at again, and is no proof', async () => {
  const { followed } = await followedGround(100);
  let asked = 0;
  const forgetful = {
    ...followed,
    changedBetween: async () => (++asked < 3 ? ('unknown' as const) : ('none' as const)),
  };
  expect(await compareFollowed(forgetful, followedShows)).toMatchObject({ verdict: 'same' });
  expect(asked).toBe(3);
  const blank = { ...followed, changedBetween: async () => 'unknown' as const };
  expect(await compareFollowed(blank, followedShows, [{}], { patienceMs: 100 })).toMatchObject({ verdict: 'moved' });
});

test('what has to hold of the whole is compared at one version while rows change', async () => {
  const { source, target, followed } = await followedGround(500);
  const perVenue = (table: string, venue: string): string =>
    `select ${venue}, count(*) from ${table} group by 1 order by 1`;
  const invariant: Invariant = {
    name: 'shows of each venue',
    source: perVenue('"Shows"', '"Venue"'),
    target: perVenue('shows', 'venue'),
    changesOf: followedShows.changesOf,
  };
  const writers = startWriters(source, 500, 50);
  const checks = async () => (await checkInvariants(followed, [invariant], patient))[0]?.verdict;
  const verdicts = [await checks(), await checks(), await checks()];
  await target.query(`delete from shows where id = md5('9')::uuid`);
  verdicts.push(await checks());
  await writers.stop();
  expect(verdicts).toEqual(['same', 'same', 'same', 'differs']);
});

test('more rows of one key than are read at once are told, and not looked at without end', async () => {
  const { target, followed } = await followedGround(10);
  await target.query(`alter table shows drop constraint shows_pkey;
    insert into shows select shows.* from shows, generate_series(1, 300) where id = md5('5')::uuid`);
  const { verdict, diffs } = await compareFollowed(followed, followedShows, [{}], patient);
  expect([verdict, diffs]).toMatchObject(['differs', [{ kind: 'extra', key: await keyOfShow(target, 5), times: 300 }]]);
});
