import { heartbeat, openChangeStream } from '@ticketbuddy/change-stream';
import { until } from '@ticketbuddy/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import { begin } from './begin.ts';
import { pause, resume, throttle } from './control.ts';
import { copyPass } from './copy-pass.ts';
import { progress } from './progress.ts';
import { startBackfill } from './start-backfill.ts';
import { streamPass } from './stream-pass.ts';
import {
  aGround,
  aRun,
  copyAll,
  expectSame,
  follow,
  type Ground,
  groundOf,
  schema,
  seats,
  textOf,
} from './test-backfill.ts';
import { adapt, createPace, type Step } from './throttle.ts';
import { openWriter } from './writer.ts';

function controlOf({ target, unit }: Ground) {
  return { pool: target.pool, schema, unit: unit.name };
}

async function aGroundWith(rows: number): Promise<Ground> {
  const ground = await aGround();
  await ground.source.pool.query(`insert into "Seats" select i, 'old' from generate_series(1, ${rows}) as i`);
  return ground;
}

it('paused, neither copy nor stream touches the target; resumed, they go on where they were', async () => {
  const ground = await aGroundWith(9);
  const run = await aRun(ground);
  const pace = createPace({ chunkRows: 3 });
  await copyPass(run.backfill, pace);
  await pause(controlOf(ground));
  await ground.source.pool.query(`update "Seats" set name = 'new'`);
  const passes = [await copyPass(run.backfill, pace), await streamPass(run.backfill, run.stream, { waitMs: 1_000 })];
  expect(passes.map(({ outcome }) => outcome)).toEqual(['paused', 'paused']);
  expect(await textOf(ground.target)).toEqual(['(1,old)', '(2,old)', '(3,old)']);
  await resume(controlOf(ground));
  await copyAll(run, 3);
  await follow(ground, run);
  await expectSame(ground);
});

it('steering a unit that has not begun is refused', async () => {
  const ground = await aGround();
  await aRun(ground);
  await expect(pause({ ...controlOf(ground), unit: 'unknown' })).rejects.toMatchObject({ kind: 'absent' });
});

it('a slow source makes chunks smaller and rests longer, a quick one the other way, and each within its limits', () => {
  const step = { chunkRows: 4_000, restMs: 0, restTimes: 0 };
  const probed = (idleMs: number, before: Step = step, whileCopiedMs = 0) =>
    adapt(before, { idleMs, whileCopiedMs }, 20, 5_000);
  const slow = probed(21);
  expect(slow).toEqual({ chunkRows: 2_000, restMs: 50, restTimes: 99 });
  expect(probed(21, slow)).toEqual({ chunkRows: 1_000, restMs: 100, restTimes: 99 });
  expect(probed(15, slow)).toEqual({ ...slow, restTimes: 99 * 0.8 });
  expect(probed(5, slow)).toEqual({ chunkRows: 2_000, restMs: 0, restTimes: 99 * 0.8 });
  expect(probed(5)).toEqual({ chunkRows: 5_000, restMs: 0, restTimes: 0 });
  expect(probed(15)).toEqual(step);
  expect(probed(21, { chunkRows: 1, restMs: 5_000, restTimes: 99 })).toEqual({
    chunkRows: 1,
    restMs: 5_000,
    restTimes: 99,
  });
});

it('a source that feels the copy is left alone for 99 times as long as a chunk took, and chunks stay worth their while', () => {
  const probed = (whileCopiedMs: number, before: Step) => adapt(before, { idleMs: 1, whileCopiedMs }, 20, 5_000);
  const felt = probed(21, { chunkRows: 3_000, restMs: 0, restTimes: 0 });
  expect(felt).toEqual({ chunkRows: 2_000, restMs: 0, restTimes: 99 });
  expect(probed(21, felt)).toEqual(felt);
  expect(probed(21, { ...felt, chunkRows: 300 })).toEqual({ ...felt, chunkRows: 300 });
  let recovered = felt;
  for (let chunk = 0; chunk < 21; chunk++) recovered = probed(15, recovered);
  expect(recovered.restTimes).toBeLessThan(1);
  expect(probed(15, recovered)).toEqual({ chunkRows: 2_000, restMs: 0, restTimes: 0 });
});

it('a rest that is under way ends with the limit', async () => {
  const ground = await aGroundWith(9);
  const run = await aRun(ground);
  const pace = { ...createPace(), restMs: 3_600_000, rowsNow: async () => 3 };
  await throttle(controlOf(ground), 20);
  const loop = startBackfill({ ...run, pace, slotBytesMax: 1e9, onError: (error) => expect.fail(`${error}`) });
  onTestFinished(() => loop.stop());
  const copied = async () => (await progress(ground.target.pool, { schema, unit: ground.unit.name }))[0]?.rowsCopied;
  await until('it has copied and rests', async () => (await copied()) === 3);
  await throttle(controlOf(ground), 'off');
  await until('it goes on', async () => (await copied()) === 9, 30_000);
});

it('a limit for the probe is heeded from the next chunk on, and so is its end', async () => {
  const ground = await aGroundWith(40);
  const run = await aRun(ground);
  const pace = createPace({ chunkRows: 8, probe: (source) => source.query('select pg_sleep(0.005)') });
  await throttle(controlOf(ground), 0.001);
  const slowed = [
    await copyPass(run.backfill, pace),
    await copyPass(run.backfill, pace),
    await copyPass(run.backfill, pace),
  ];
  expect(slowed.map(({ rows }) => rows)).toEqual([4, 2, 1]);
  expect(pace.restMs).toBeGreaterThanOrEqual(200);
  await throttle(controlOf(ground), 'off');
  expect([(await copyPass(run.backfill, pace)).rows, pace.restMs]).toEqual([8, 0]);
});

it('a source that is slow only while a chunk is copied is given way to by the next one', async () => {
  const { source } = await aGround();
  const clock = vi.spyOn(performance, 'now');
  onTestFinished(() => clock.mockRestore());
  let [nowMs, probeMs, asked] = [0, 0, 0];
  clock.mockImplementation(() => nowMs);
  const probe = async () => {
    nowMs += probeMs;
    asked += 1;
  };
  const askedAgain = async (times: number) => {
    const enough = asked + times;
    await until('it was asked again', async () => asked >= enough);
  };
  const pace = createPace({ chunkRows: 80, probe });
  const taking = async (ms: number, times: number) => {
    const startedMs = nowMs;
    await pace.watching(source.pool, 20, async () => {
      probeMs = ms;
      await askedAgain(times);
      probeMs = 0;
    });
    return nowMs - startedMs;
  };
  expect(await pace.rowsNow(source.pool, 20)).toBe(120);
  const felt = await taking(30, 5);
  expect([await pace.rowsNow(source.pool, 20), pace.restMs]).toEqual([120, 99 * felt]);
  const unfelt = await taking(1, 2);
  expect(await pace.rowsNow(source.pool, 20)).toBe(180);
  expect(pace.restMs).toBeCloseTo(99 * 0.8 * unfelt);
  expect(await pace.watching(source.pool, undefined, async () => 'copied')).toBe('copied');
});

it('a source that is to be spared is asked for little at first', async () => {
  const { source } = await aGround();
  const pace = createPace({ chunkRows: 20_000, probe: async () => undefined });
  const rows = [await pace.rowsNow(source.pool, 1_000), await pace.rowsNow(source.pool, 1_000)];
  expect([await pace.rowsNow(source.pool, undefined), ...rows]).toEqual([20_000, 3_000, 4_500]);
});

it('progress counts rows, and says when the estimate was wrong', async () => {
  const ground = await aGroundWith(10);
  await ground.source.pool.query('analyze "Seats"');
  const run = await aRun(ground);
  await ground.source.pool.query(`insert into "Seats" select i, 'more' from generate_series(11, 30) as i`);
  const pace = createPace({ chunkRows: 6 });
  const [seen, lasts] = [[], []] as [unknown[], boolean[]];
  for (let outcome = ''; outcome !== 'complete'; ) {
    const passed = await copyPass(run.backfill, pace);
    outcome = passed.outcome;
    lasts.push(passed.isLast);
    const [state] = await progress(ground.target.pool, { schema, unit: ground.unit.name });
    seen.push([state?.rowsCopied, state?.rowsEstimated, state?.estimateWasWrong, state?.isComplete]);
    expect(state?.rowsPerSecond).toBeGreaterThan(0);
  }
  expect(seen).toEqual([
    [6, 10, false, false],
    [12, 30, true, false],
    [18, 30, true, false],
    [24, 30, true, false],
    [30, 30, true, false],
    [30, 30, true, true],
    [30, 30, true, true],
  ]);
  expect(lasts).toEqual([false, false, false, false, false, true, false]);
});

it('a second writer of the unit is refused, and let in when the first has gone', async () => {
  const ground = await aGround();
  const options = { pool: ground.target.pool, schema, unit: ground.unit.name };
  const first = await openWriter(options);
  await expect(openWriter(options)).rejects.toMatchObject({ code: 'writer_exists' });
  await first.close();
  await (await openWriter(options)).close();
});

it('a writer whose connection was cut becomes the writer again', async () => {
  const ground = await aGroundWith(4);
  const run = await aRun(ground);
  await ground.target.pool.query(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
    and database = (select oid from pg_database where datname = current_database())`);
  await copyPass(run.backfill, createPace()).catch(() => undefined);
  await copyAll(run, 3);
  await expectSame(ground);
});

it('what one way applies is not sent back by the other way', async () => {
  const forth = await aGroundWith(3);
  const back = groundOf(forth.target, forth.source);
  const [forthOrigin, backOrigin] = [`${forth.unit.name}_forth`, `${back.unit.name}_back`];
  // A session that has ended may hold its origin for a moment.
  onTestFinished(
    async () => void (await until('the origins are let go', () => dropOrigins(forth, [forthOrigin, backOrigin]))),
  );
  const there = await aWay(forth, forthOrigin, backOrigin);
  const home = await aWay(back, backOrigin, forthOrigin);
  await copyAll(there, 10);
  await forth.source.pool.query(`update "Seats" set name = 'legacy' where id = 1`);
  await forth.target.pool.query(`update "Seats" set name = 'next' where id = 2`);
  let changes = 0;
  for (let round = 0; round < 3; round++) {
    for (const [ground, way] of [
      [forth, there],
      [back, home],
    ] as const) {
      changes += await changesUntilBeat(ground, way);
    }
  }
  expect([changes, await textOf(forth.source)]).toEqual([2, ['(1,legacy)', '(2,next)', '(3,old)']]);
  await expectSame(forth);
});

async function dropOrigins({ source }: Ground, names: readonly string[]): Promise<boolean> {
  const drop = 'select pg_replication_origin_drop(roname) from pg_replication_origin where roname = any($1)';
  return source.pool.query(drop, [names]).then(
    () => true,
    () => false,
  );
}

async function aWay({ source, target, unit, tables }: Ground, origin: string, ownOrigin: string) {
  const writer = await openWriter({ pool: target.pool, schema: `${schema}_${unit.name}`, unit: unit.name, origin });
  const backfill = { source: source.pool, writer, unit, tables };
  const from = await begin(backfill);
  const stream = await openChangeStream({ url: source.url, pool: source.pool, unit, from, ownOrigin });
  const close = async () => {
    await stream.close();
    await writer.close();
  };
  onTestFinished(close);
  return { backfill, stream, close };
}

async function changesUntilBeat(
  ground: Ground,
  { backfill, stream }: Awaited<ReturnType<typeof aWay>>,
): Promise<number> {
  const beat = await heartbeat(ground.source.pool, ground.unit);
  for (let changes = 0; ; ) {
    const batch = await stream.next(10_000);
    if (!batch) throw new Error('the heartbeat never came');
    changes += (await streamPass(backfill, stream, { transactionsMax: 1 })).changes;
    if ((batch.heartbeat?.beat ?? 0) >= beat) return changes;
  }
}

it('started, it copies and follows by itself until it is stopped, and finds a table that is gone', async () => {
  const ground = await aGroundWith(50);
  const { backfill, stream } = await aRun(ground);
  const errors: unknown[] = [];
  const running = startBackfill({
    backfill,
    stream,
    pace: createPace({ chunkRows: 7 }),
    slotBytesMax: 1e12,
    onError: (error) => errors.push(error),
  });
  await until(
    'it came true',
    async () => (await progress(ground.target.pool, { schema, unit: ground.unit.name }))[0]?.isComplete === true,
  );
  await ground.source.pool.query(`update "Seats" set name = 'new' where id = 7`);
  await until('it came true', async () => (await textOf(ground.target)).includes('(7,new)'));
  await ground.source.pool.query('drop table "Seats"');
  await until('it came true', async () => errors.length > 0);
  await running.stop();
  expect(errors[0]).toMatchObject({ name: 'SchemaChanged', table: `"public"."${seats.name}"` });
});
