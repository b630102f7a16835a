import { setTimeout as delay } from 'node:timers/promises';
import { pause, resume } from '@ticketbuddy/backfill';
import { until } from '@ticketbuddy/testing';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { createShadow } from './shadow.ts';
import { createTally, type Taken } from './tally.ts';
import { askAsClient, missingOf, openWorld, sumOf, twoApplications, type World } from './test-shadow.ts';
import type { Versions } from './versions.ts';

const rows = 200;
let world: World;

beforeAll(async () => {
  world = await openWorld({ rows });
});

afterAll(() => world.close());

it('while the rows change a hundred times a second, equal systems are never told to differ', async () => {
  const writing = startWriting();
  const taken = await compareMany(world.versions, 2_000);
  expect(taken.groups).toEqual([]);
  expect(missingOf(taken)).toBe(0);
  expect(sumOf(taken.counts, 'mirrored')).toBeGreaterThanOrEqual(2_000);
  expect(await writing.stop()).toBeGreaterThan(100);
});

it.each<{ without: string; blind: Partial<Versions>; isBehind?: true }>([
  { without: 'looking whether it moved', blind: { hasMoved: async () => false } },
  { without: 'waiting for the target', blind: { hasApplied: async () => true }, isBehind: true },
])('without $without they are', async ({ blind, isBehind }) => {
  if (isBehind) await standStill();
  startWriting();
  await until('a difference is told that is none', async () => {
    const { groups } = await compareMany({ ...world.versions, ...blind }, 50);
    return groups.length > 0;
  });
});

it('a row that changed after its client was answered is asked for again, of both', async () => {
  const { control, candidate } = await twoApplications(world);
  const tally = createTally(() => Temporal.Now.instant());
  const upstreams = { control: control.upstream, candidate: candidate.upstream };
  const { versions } = world;
  const shadow = createShadow({ ...upstreams, versions, rules: { arrays: [] }, record: tally });
  await versions.next();
  const read = await askAsClient(control, versions, '/shows/5');
  await world.source.pool.query('update "Shows" set price = price + 1 where id = 5');
  shadow.offer(read);
  await until('it is done', async () => shadow.load.queued + shadow.load.inFlight === 0);
  expect(sumOf(tally.take().counts, 'mirrored', 'same')).toBe(1);
});

it('one column of one row that differs is told once, with both values', async () => {
  await falsify(7);
  const { groups } = await compareMany(world.versions, 200);
  const told = groups.map(({ endpoint, path, kind, isNoise, examples }) => ({
    endpoint,
    path,
    kind,
    isNoise,
    ...examples[0],
  }));
  expect(told).toEqual([
    expect.objectContaining({
      endpoint: 'GET /shows/{id}',
      path: '$.Price',
      kind: 'value',
      isNoise: false,
      request: '/shows/7',
      control: '1.00',
      candidate: '2.00',
    }),
  ]);
});

it('a list that differs in one row is told once, with the place in the list', async () => {
  await falsify(7);
  const { groups } = await compareMany(world.versions, 5, () => '/shows');
  expect(groups.map(({ path, examples }) => [path, examples[0]?.at])).toEqual([['$[*].Price', '$[6].Price']]);
});

/** Keeps the target from following while the test lasts. */
async function standStill(): Promise<void> {
  const { target, place } = world;
  const control = { pool: target.pool, ...place };
  await pause(control);
  onTestFinished(() => resume(control));
}

/** Makes the row of the target another one while the test lasts. */
async function falsify(id: number): Promise<void> {
  const set = (price: number) => world.target.pool.query('update "Shows" set price = $2 where id = $1', [id, price]);
  await world.source.pool.query('update "Shows" set price = 1 where id = $1', [id]);
  await world.versions.hasApplied((await world.versions.next()).end);
  await set(2);
  onTestFinished(async () => void (await set(1)));
}

/** Reads as sixteen clients do until so many were compared, and answers what was told. */
async function compareMany(versions: Versions, mirrored: number, pathOf = oneShow): Promise<Taken> {
  const { control, candidate } = await twoApplications(world);
  const tally = createTally(() => Temporal.Now.instant());
  let told = 0;
  const record: typeof tally = {
    ...tally,
    count(endpoint, outcome, reason) {
      if (outcome === 'mirrored') told += 1;
      tally.count(endpoint, outcome, reason);
    },
  };
  const shadow = createShadow({
    control: control.upstream,
    candidate: candidate.upstream,
    versions,
    rules: { arrays: [] },
    record,
    budget: { inFlightMax: 64 },
  });
  let nth = 0;
  const read = async () => {
    while (told < mirrored) {
      shadow.offer(await askAsClient(control, versions, pathOf(nth++)));
      while (shadow.load.queued > 0) await delay(1);
    }
  };
  await Promise.all(Array.from({ length: 16 }, read));
  await until('all are done', async () => shadow.load.queued + shadow.load.inFlight === 0);
  return tally.take();
}

function oneShow(nth: number): string {
  return `/shows/${1 + (nth % rows)}`;
}

/** A hundred transactions a second, each of which changes one to three rows. */
function startWriting() {
  const { pool } = world.source;
  let written = 0;
  const stopping = new AbortController();
  const write = async () => {
    while (!stopping.signal.aborted) {
      await pool.query('update "Shows" set price = price + 0.01 where id = any($1)', [
        Array.from({ length: 1 + (written % 3) }, (_none, nth) => 1 + ((written * 7 + nth * 11) % rows)),
      ]);
      written += 1;
      await delay(10, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const running = write();
  const stop = async () => {
    stopping.abort();
    await running;
    return written;
  };
  onTestFinished(async () => void (await stop()));
  return { stop };
}
