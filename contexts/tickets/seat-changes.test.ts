import { setImmediate as turn } from 'node:timers/promises';
import { seededRandom } from '@ticketbuddy/testing';
import { describe, expect, test } from 'vitest';
import { sale } from './buy-seats.ts';
import { release } from './release-hold.ts';
import type { Sales } from './sales.ts';
import { isHeld } from './seat.ts';
import { SeatHistory } from './seat-changes-history.ts';
import { aBoxOfficePerTest, type BoxOffice, unguarded } from './test-box-office.ts';
import { anEvent, idOf } from './test-builders.ts';
import { hold, holdIdOf, processesOf } from './test-processes.ts';
import { aRush, askAtOnce } from './test-rush.ts';
import { apply, isAfter, openPages, type Pages, type Told, type Watch } from './test-watching.ts';

const openBoxOffice = aBoxOfficePerTest();
const eventId = anEvent().id;
const [ann, bob] = [idOf('ann'), idOf('bob')];

describe('whoever watches the seats', () => {
  test('is told at which position it begins, and then what changes, with the time of the server', async () => {
    const { sales, pages, clock } = await anOpenHouse();
    const watch = await pages.watch();
    await watch.until(({ told }) => told.length === 1);
    const { position } = await pages.read();
    const serverTime = clock.now().toString({ smallestUnit: 'millisecond' });
    const version = sales.houses.get(eventId)?.version ?? 0;
    const nothing = { free: [], held: [], sold: [], serverTime };
    expect(watch.last).toEqual({ name: 'changes', position, data: { version, ...nothing } });
    await sales.decide(hold(ann, [2, 3]));
    await watch.until(({ told }) => told.length === 2);
    expect(watch.last?.data).toEqual({ version: version + 1, ...nothing, held: [2, 3] });
  });

  test('is told of what other processes sell, and release', async () => {
    const { box, pages } = await anOpenHouse();
    const [other] = processesOf(box);
    const holdId = holdIdOf(await other.decide(hold(ann, [2, 3])));
    const watch = await pages.watch();
    await watch.until(({ told }) => told.length === 1);
    await other.decide(sale({ eventId, userId: bob, wanted: { seats: [4] } }));
    await watch.until(({ last }) => last?.data.sold?.[0] === 4);
    await other.decide(release({ eventId, holdId }));
    await watch.until(({ last }) => last?.data.free?.length === 2);
    expect(watch.last?.data.free).toEqual([2, 3]);
  });

  test('is sent away, and can come back, when something is wrong in what tells of the changes', async () => {
    const { box, sales } = await anOpenHouse();
    let isWrong = false;
    const now = () => {
      if (isWrong) throw new Error('the clock has stopped');
      return box.clock.now();
    };
    const pages = openPages({ ...box.deps, clock: { now } }, sales);
    const watch = await pages.watch();
    await watch.until(({ told }) => told.length === 1);
    isWrong = true;
    await watch.until(({ isEnded }) => isEnded);
    isWrong = false;
    const again = await pages.watch(watch.last?.position);
    await again.until(({ told }) => told.length === 1);
    expect(again.last?.name).toBe('changes');
  });

  test('is told that a hold has ended, though nobody does anything', async () => {
    const { sales, pages, clock } = await anOpenHouse();
    await sales.decide(hold(ann, [2, 3]));
    const watch = await pages.watch();
    await watch.until(({ told }) => told.length === 1);
    clock.advance({ minutes: 15 });
    await watch.until(({ told }) => told.length === 2);
    expect(watch.last?.data).toMatchObject({ free: [2, 3], held: [], sold: [] });
    expect(isAfter(watch.told[0]?.position ?? '', watch.last?.position ?? '')).toBe(true);
  });

  test('is not told of a seat that is what it was', async () => {
    const { sales, pages } = await anOpenHouse();
    const watch = await pages.watch();
    await watch.until(({ told }) => told.length === 1);
    await sales.decide(release({ eventId, holdId: holdIdOf(await sales.decide(hold(ann, [2]))) }));
    await sales.decide(hold(bob, [3]));
    await watch.until(({ told }) => told.some(({ data }) => data.held?.includes(3)));
    const seats = watch.told.flatMap(({ data }) => [...(data.free ?? []), ...(data.held ?? [])]);
    // Only if it lasted long enough to be told at all.
    expect(seats.filter((seat) => seat === 2).length % 2).toBe(0);
  });
});

describe('whoever comes back', () => {
  test('is told once what has changed meanwhile, as it is now', async () => {
    const { sales, pages } = await anOpenHouse();
    const { position } = await pages.read();
    const holdId = holdIdOf(await sales.decide(hold(ann, [1, 2, 3])));
    await sales.decide(release({ eventId, holdId }));
    await sales.decide(hold(bob, [3]));
    const watch = await pages.watch(position);
    await watch.until(({ told }) => told.length === 1);
    expect(watch.last?.data).toMatchObject({ free: [1, 2], held: [3], sold: [] });
    const again = await pages.watch(watch.last?.position);
    await again.until(({ told }) => told.length === 1);
    expect(again.last?.data).toMatchObject({ free: [], held: [], sold: [] });
  });

  test('is told of holds that have ended meanwhile', async () => {
    const { sales, pages, clock } = await anOpenHouse();
    await sales.decide(hold(ann, [1]));
    clock.advance({ minutes: 5 });
    await sales.decide(hold(bob, [2]));
    clock.advance({ minutes: 10 });
    const { position } = await pages.read();
    clock.advance({ minutes: 5 });
    const watch = await pages.watch(position);
    await watch.until(({ told }) => told.length === 1);
    expect(watch.last?.data).toMatchObject({ free: [2], held: [], sold: [] });
  });

  test('can come back to another process, which has never shown the event before', async () => {
    const { box, sales, pages, clock } = await anOpenHouse();
    await sales.decide(hold(ann, [1]));
    const { position } = await pages.read();
    await sales.decide(hold(bob, [2]));
    clock.advance({ minutes: 15 });
    const [other] = processesOf(box);
    const watch = await openPages(box.deps, other).watch(position);
    await watch.until(({ told }) => told.length === 1);
    expect(watch.last).toMatchObject({ name: 'changes', data: { free: [2, 1], held: [], sold: [] } });
  });

  test('can come back to another process, which has not heard yet of what he was told', async () => {
    const { box, sales, pages } = await anOpenHouse();
    const [other] = processesOf(box);
    const others = openPages(box.deps, other);
    await others.read();
    await sales.decide(hold(ann, [1]));
    const { position } = await pages.read();
    const watch = await others.watch(position);
    await watch.until(({ told }) => told.length === 1);
    expect(watch.last).toMatchObject({ name: 'changes', position, data: { free: [], held: [], sold: [] } });
  });

  test('is not told of an end of a hold again by a process in which nothing is left of that hold', async () => {
    const { box, sales, pages, clock } = await anOpenHouse();
    await sales.decide(hold(ann, [1]));
    await pages.read();
    clock.advance({ minutes: 15 });
    const ended = await pages.read();
    await sales.decide(sale({ eventId, userId: bob, wanted: { seats: [1] } }));
    const { position } = await pages.read();
    expect(isAfter(ended.position, position)).toBe(true);
    const [other] = processesOf(box);
    const watch = await openPages(box.deps, other).watch(position);
    await watch.until(({ told }) => told.length === 1);
    expect(watch.last?.position).toBe(position);
  });

  test.each(['nonsense', '0.0', '1.5', '9999999999999999.0'])(
    'with the position %s, which was never told, has to read the status anew, and is told on from there',
    async (position) => {
      const { sales, pages } = await anOpenHouse();
      const watch = await pages.watch(position);
      await watch.until(({ told }) => told.length === 1);
      expect(watch.last).toMatchObject({ name: 'reset', position: (await pages.read()).position });
      await sales.decide(hold(ann, [1]));
      await watch.until(({ told }) => told.length === 2);
      expect(watch.last).toMatchObject({ name: 'changes', data: { held: [1] } });
    },
  );

  test('to an event that was made anew since has to read the status anew', async () => {
    const { box, pages } = await anOpenHouse();
    const { position } = await pages.read();
    await unguarded(box.pool, 'truncate tickets.events, tickets.sales, tickets.seats, tickets.ledger');
    await box.announce();
    await untilRead(pages, (read) => read.position !== position);
    const watch = await pages.watch(position);
    await watch.until(({ told }) => told.length === 1);
    expect(watch.last?.name).toBe('reset');
  });
});

test('whoever watches an event that is made anew is told how its seats are now', async () => {
  const { box, sales, pages } = await anOpenHouse();
  await sales.decide(hold(ann, [1, 2]));
  const watch = await pages.watch();
  await watch.until(({ told }) => told.length === 1);
  await unguarded(box.pool, 'truncate tickets.events, tickets.sales, tickets.seats, tickets.ledger');
  await box.announce();
  await watch.until(({ told, isEnded }) => told.length === 2 || isEnded);
  // Unless it looked at a moment when there was no such event.
  if (!watch.isEnded) expect(watch.last?.data).toMatchObject({ free: [1, 2], held: [], sold: [] });
});

describe('what has changed', () => {
  const changes = Array.from({ length: 9_000 }, (_, nth) => ({ version: nth + 1, seats: [nth % 7] }));
  const ledger = async (after: number, upTo: number, limit: number) => {
    const some = changes.filter(({ version }) => version > after && version <= upTo);
    return some.length > limit ? undefined : some;
  };

  test('can be told 5,000 changes back, and not further', async () => {
    const history = new SeatHistory(9_000, ledger);
    await Promise.all([3_999, 4_000, 8_998, 6_000].map((version) => history.reach(version)));
    expect(history.since(8_998)).toEqual(new Set(changes.slice(8_998).flatMap(({ seats }) => seats)));
    expect(history.since(4_000)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
    expect(history.since(3_999)).toBeUndefined();
  });

  test('is forgotten, the oldest first, when there is too much of it', async () => {
    const history = new SeatHistory(0, ledger);
    for (const change of changes) history.add(change);
    await history.reach(100);
    expect(history.since(100)).toBeUndefined();
    expect(history.since(8_999)).toEqual(new Set([8_999 % 7]));
  });
});

test.each([1, 2, 3])(
  'watchers that come and go while processes sell have the seats of the database in the end, and hear nothing twice (%i)',
  async (seed) => {
    const { box } = await anOpenHouse();
    const processes = processesOf(box);
    const random = seededRandom(seed);
    const rush = aRush(random, eventId);
    const shown = processes.slice(0, 2).map((sales) => openPages(box.deps, sales)) as [Pages, Pages];
    const watchers = await Promise.all(Array.from({ length: 6 }, () => aPage(random.pick(shown))));
    for (let round = 0; round < 50; round++) {
      await askAtOnce(rush, processes, 12);
      if (random.chance(0.4)) box.clock.advance({ minutes: random.below(12) });
      for (const one of watchers) if (random.chance(0.3)) await one.comeBackTo(random.pick(shown));
    }
    const truth = await statusInTheTable(box);
    await Promise.all(watchers.map((one) => one.until(truth)));
    expect(watchers.flatMap(({ twice }) => twice())).toEqual([]);
  },
);

/** A page that shows the seats, loses its stream and comes back. */
async function aPage(first: Pages) {
  const { seats, position } = await first.read();
  let [last, taken] = [position, 0];
  const twice: Told[] = [];
  let watch: Watch = await first.watch(last);
  const take = () => {
    for (const told of watch.told.slice(taken)) {
      // The first of each stream tells where it begins, and what was missed.
      const isNews = isAfter(last, told.position) || (taken === 0 && told.position === last);
      if (!isNews) twice.push(told);
      if (told.name === 'reset') throw new Error('nothing was so far back');
      apply(seats, told);
      [last, taken] = [told.position, taken + 1];
    }
    return seats.filter((seat) => seat !== undefined);
  };
  return {
    twice: () => twice,
    async comeBackTo(pages: Pages) {
      take();
      watch.leave();
      watch = await pages.watch(last);
      taken = 0;
    },
    until: (truth: readonly string[]) =>
      watch.until(() => JSON.stringify(take().slice(0, truth.length)) === JSON.stringify(truth)),
  };
}

async function statusInTheTable({ seats, clock }: BoxOffice): Promise<string[]> {
  return (await seats()).map((seat) => (seat.state === 'sold' ? 'sold' : isHeld(seat, clock.now()) ? 'held' : 'free'));
}

async function anOpenHouse() {
  const box = await openBoxOffice();
  await box.announce();
  const sales: Sales = box.deps.sales;
  return { box, sales, clock: box.clock, pages: openPages(box.deps, sales) };
}

async function untilRead(pages: Pages, isSo: (read: Awaited<ReturnType<Pages['read']>>) => boolean): Promise<void> {
  while (!isSo(await pages.read())) await turn();
}
