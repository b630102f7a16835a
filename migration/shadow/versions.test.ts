import { heartbeat } from '@ticketbuddy/change-stream';
import { until } from '@ticketbuddy/testing';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { Repeated } from './repeated.ts';
import { aWorld, openWorld, showsName, type World } from './test-shadow.ts';
import { openVersions } from './versions.ts';

const show = (id: string) => [{ table: showsName, values: { id } }];
const venue = (id: string) => [{ table: showsName, values: { venue: id } }];
const allShows = [{ table: showsName }];
let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.close());

/** Whether each of the aggregates has moved, by now, since before the statement ran. */
async function movedBy({ source, versions }: World, statement: string, ...aggregates: (typeof allShows)[]) {
  const since = await versions.next();
  await source.pool.query(statement);
  const { end } = await versions.next();
  expect(await versions.hasApplied(end)).toBe(true);
  return Promise.all(aggregates.map((aggregate) => versions.hasMoved(since, aggregate)));
}

it('a change of a row moves the row, its venue and the table, and no other row', async () => {
  const update = 'update "Shows" set price = 9 where id = 5';
  expect(await movedBy(world, update, show('5'), venue('1'), allShows)).toEqual([true, true, true]);
  expect(await movedBy(world, update, show('4'), venue('2'))).toEqual([false, false]);
});

it('a row that is deleted may have been of any venue', async () => {
  expect(await movedBy(world, 'delete from "Shows" where id = 9', show('9'), venue('2'))).toEqual([true, true]);
});

it('a table that is emptied, or changed nearly whole, moves every row of it', async () => {
  const large = await aWorld({ rows: 2_000 });
  expect(await movedBy(large, 'update "Shows" set price = 9 where id > 100', show('1'))).toEqual([true]);
  expect(await movedBy(large, 'truncate "Shows"', show('1'))).toEqual([true]);
});

it('a row that changed before is of one version again', async () => {
  await movedBy(world, 'update "Shows" set price = 9 where id = 5');
  expect(await movedBy(world, 'select 1', show('5'))).toEqual([false]);
});

it('a transaction that was open at the moment has moved what it changed, though it began before', async () => {
  const { source, versions } = world;
  const open = await source.pool.connect();
  await open.query('begin; update "Shows" set price = 9 where id = 5');
  const since = await versions.next();
  await source.pool.query('update "Shows" set price = 9 where id = 6');
  await open.query('commit');
  open.release();
  await versions.hasApplied((await versions.next()).end);
  expect(await versions.hasMoved(since, show('5'))).toBe(true);
});

it('a change that the moment shows moves nothing, though a transaction before it is still open', async () => {
  const { source, versions } = world;
  const open = await source.pool.connect();
  await open.query('begin; update "Shows" set price = 9 where id = 5');
  await source.pool.query('update "Shows" set price = 9 where id = 6');
  const since = await versions.next();
  await open.query('commit');
  open.release();
  await versions.hasApplied((await versions.next()).end);
  expect(await Promise.all([versions.hasMoved(since, show('6')), versions.hasMoved(since, show('5'))])).toEqual([
    false,
    true,
  ]);
});

it('of all who ask together each hears of what he has seen', async () => {
  const { source, versions } = world;
  const before = await versions.next();
  await source.pool.query('update "Shows" set price = 9 where id = 5');
  const after = await versions.next();
  await source.pool.query('update "Shows" set price = 9 where id = 6');
  await versions.hasApplied((await versions.next()).end);
  const asked = [
    versions.hasMoved(after, show('5')),
    versions.hasMoved(before, show('5')),
    versions.hasMoved(after, show('6')),
    versions.hasMoved(before, show('4')),
  ];
  expect(await Promise.all(asked)).toEqual([false, true, true, false]);
});

it('a moment that is nearly as old as the notes proves nothing', async () => {
  const { versions } = world;
  const since = await versions.next();
  expect(await versions.hasMoved(since, show('5'))).toBe(false);
  expect(await versions.hasMoved({ ...since, atMs: since.atMs - 30_000 }, show('5'))).toBe(true);
});

it('a target that stands still is waited for, and then not', async () => {
  const { source, target, place, unit } = world;
  const versions = openVersions({ source: source.pool, target: target.pool, place, unit, waitMs: 1_000 });
  onTestFinished(() => versions.stop());
  const { end } = await versions.next();
  const [upper, lower] = end.split('/');
  const ahead = `${(Number.parseInt(upper ?? '', 16) + 1).toString(16)}/${lower}`;
  expect(await versions.hasApplied(ahead)).toBe(false);
  await source.pool.query('select 1');
  expect(await versions.hasApplied(end)).toBe(true);
});

it('an applier that takes no notes proves nothing', async () => {
  const { source, unit, versions } = await aWorld({ isNoted: false });
  await heartbeat(source.pool, unit);
  const since = await versions.next();
  await expect(versions.hasMoved(since, show('5'))).rejects.toThrow('Nobody notes');
});

it('notes older than a minute are forgotten with the next heartbeat', async () => {
  const { source, target, unit } = world;
  await movedBy(world, 'update "Shows" set price = 9 where id = 5');
  await target.pool.query(`update migration.recent_changes set noted_at = noted_at - interval '61 seconds'`);
  await heartbeat(source.pool, unit);
  await until('they are gone', async () => {
    const { rowCount } = await target.pool.query(
      `select from migration.recent_changes where noted_at < clock_timestamp() - interval '50 seconds'`,
    );
    return rowCount === 0;
  });
});

it('the source is asked while somebody asks, and then left in peace', async () => {
  let asked = 0;
  const question = new Repeated({ ask: async () => ++asked, everyMs: 1, idleMs: 30 });
  expect(question.latest()).toBeUndefined();
  await until('it knows something', async () => question.latest());
  const before = asked;
  expect(await question.next()).toBeGreaterThan(before);
  let seen = -1;
  await until('it rests', async () => {
    const isQuiet = seen === asked;
    seen = asked;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return isQuiet && seen === asked;
  });
  await question.stop();
});

it('an answer that is under way is not the one to a question asked now', async () => {
  const answers: ((value: number) => void)[] = [];
  const question = new Repeated({
    ask: () => new Promise<number>((resolve) => answers.push(resolve)),
    everyMs: 1,
    idleMs: 1_000,
  });
  question.latest();
  const later = question.next();
  answers[0]?.(1);
  await until('it is asked again', async () => answers.length === 2);
  answers[1]?.(2);
  expect(await later).toBe(2);
  await question.stop();
});
