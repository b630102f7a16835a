import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { FakeClock, seededRandom } from '@ticketbuddy/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sale } from './buy-seats.ts';
import { House } from './house.ts';
import { release } from './release-hold.ts';
import { Sales } from './sales.ts';
import { salesStoreOf } from './sales-store.ts';
import { isHeld, type Seat } from './seat.ts';
import { SeatStatus } from './seat-status.ts';
import { SeatSnapshots } from './seat-status-snapshots.ts';
import { aBoxOfficePerTest, seatsAreMade } from './test-box-office.ts';
import { anEvent, aSeat, at, idOf } from './test-builders.ts';
import { hold, holdIdOf, processesOf } from './test-processes.ts';
import { bodyOf, openPages, seatsIn } from './test-watching.ts';

const openBoxOffice = aBoxOfficePerTest();
const eventId = anEvent().id;
const [ann, bob] = [idOf('ann'), idOf('bob')];

describe('the status of the seats', () => {
  test('tells of each seat whether it is free, held or sold, as soon as it is', async () => {
    const { sales, pages } = await anOpenHouse();
    expect(new Set((await pages.read()).seats)).toEqual(new Set(['free']));
    const holdId = holdIdOf(await sales.decide(hold(ann, [2, 3])));
    expect((await pages.read()).seats.slice(0, 5)).toEqual(['free', 'held', 'held', 'free', 'free']);
    await sales.decide(sale({ eventId, userId: bob, wanted: { seats: [5] } }));
    expect((await pages.read()).seats.slice(0, 5)).toEqual(['free', 'held', 'held', 'free', 'sold']);
    await sales.decide(release({ eventId, holdId }));
    expect((await pages.read()).seats.slice(0, 5)).toEqual(['free', 'free', 'free', 'free', 'sold']);
  });

  test('shows a seat as free from the moment at which its hold ends', async () => {
    const { sales, pages, clock } = await anOpenHouse();
    await sales.decide(hold(ann, [1]));
    clock.advance({ minutes: 14, seconds: 59, milliseconds: 999 });
    const before = await pages.read();
    clock.advance({ milliseconds: 1 });
    const after = await pages.read();
    expect([before.seats[0], after.seats[0]]).toEqual(['held', 'free']);
    expect(after.position).not.toBe(before.position);
  });

  test('shows what another process has sold, at most 100 ms later', async () => {
    const { box, pages } = await anOpenHouse();
    const [other] = processesOf(box);
    await pages.read();
    await other.decide(sale({ eventId, userId: bob, wanted: { seats: [1] } }));
    await until(async () => (await pages.read()).seats[0] === 'sold');
  });

  test('is current for the first who looks after a long time', async () => {
    const { box, pages } = await anOpenHouse();
    const [other] = processesOf(box);
    await other.decide(sale({ eventId, userId: bob, wanted: { seats: [1] } }));
    expect((await pages.read()).seats[0]).toBe('sold');
  });

  test('goes on after a process has to read the event anew', async () => {
    const { box, sales, pages } = await anOpenHouse();
    await pages.read();
    await seatsAreMade(box, eventId);
    await sales.houses.current(eventId);
    await sales.decide(sale({ eventId, userId: bob, wanted: { seats: [1] } }));
    expect((await pages.read()).seats[0]).toBe('sold');
  });

  test('is refused for an event that nobody knows', async () => {
    const box = await openBoxOffice();
    const pages = openPages(box.deps, box.deps.sales);
    await expect(pages.status()).rejects.toMatchObject({ code: 'event_unknown' });
  });
});

describe('a reader who has the status already', () => {
  test('is told that it has not changed, until it has', async () => {
    const { sales, pages } = await anOpenHouse();
    const { headers } = await pages.status();
    const known = { headers: { 'if-none-match': headers?.etag } };
    expect(await pages.status(known)).toMatchObject({ status: 304, headers: { etag: headers?.etag } });
    await sales.decide(hold(ann, [1]));
    expect((await pages.status(known)).status).toBe(200);
  });

  test('is sent it again when a hold has ended, which no sale tells of', async () => {
    const { sales, pages, clock } = await anOpenHouse();
    await sales.decide(hold(ann, [1]));
    const { headers } = await pages.status();
    clock.advance({ minutes: 15 });
    expect((await pages.status({ headers: { 'if-none-match': headers?.etag } })).status).toBe(200);
  });
});

test('readers share one encoded status, and the database is asked every 50 ms at most, however many they are', async () => {
  const { box } = await anOpenHouse();
  const store = salesStoreOf(box.deps.db);
  let questions = 0;
  const standings: typeof store.standings = (ids) => {
    questions += 1;
    return store.standings(ids);
  };
  const pages = openPages(box.deps, new Sales({ store: { ...store, standings }, clock: box.clock }));
  const began = performance.now();
  const { bytes } = await pages.status();
  for (let reader = 0; reader < 2_000; reader++) {
    expect((await pages.status()).bytes).toBe(bytes);
    // So that a question can be answered before the next reader comes.
    await turn();
  }
  expect(questions).toBeLessThanOrEqual(2 + (performance.now() - began) / 50);
});

describe('80,000 seats', () => {
  const asked = { br: 'gzip, br', gzip: 'gzip', identity: undefined };

  test.each(['br', 'gzip', 'identity'] as const)('take at most 25 kB in %s, and are the same in it', (coding) => {
    const status = new SeatStatus(houseOf(aFullHouse()), at('12:00').epochMilliseconds);
    const answer = new SeatSnapshots({}).of(status)({ 'accept-encoding': asked[coding] });
    expect(answer.headers?.['content-encoding']).toBe(coding === 'identity' ? undefined : coding);
    expect(bodyOf(answer)).toEqual(Buffer.from(status.bytes));
    expect(answer.bytes?.length).toBeLessThanOrEqual(25_000);
  });

  test('are told two bits a seat: the first four in the first byte, from its lowest bits on', () => {
    const status = new SeatStatus(houseOf(aFullHouse()), at('12:00').epochMilliseconds);
    const told = aFullHouse().map(({ state }) => (state === 'open' ? 'free' : state));
    expect(seatsIn(status.bytes)).toEqual(told);
    expect(status.bytes).toHaveLength(20_000);
  });
});

test('a status that would take all the time to encode is shared a bit longer, and then shows what is new', () => {
  const house = houseOf(aFullHouse());
  const status = new SeatStatus(house, at('12:00').epochMilliseconds);
  let elapsedMs = 0;
  // Whatever is encoded takes 60 ms by this clock.
  const snapshots = new SeatSnapshots({}, () => (elapsedMs += 20));
  const etags = Array.from({ length: 40 }, (_, nth) => {
    house.apply(house.version + 1, [[aSeat({ number: nth + 1, soldTo: 'ann' })]]);
    return snapshots.of(status)({}).headers?.etag;
  });
  expect(new Set(etags).size).toBeGreaterThan(5);
  expect(new Set(etags).size).toBeLessThan(40);
});

test('when the clock has stepped back, a hold that ends then is told after the one that was told before', () => {
  const house = houseOf([aSeat({ number: 1, heldBy: 'ann', until: '12:30' }), aSeat({ number: 2 })]);
  const status = new SeatStatus(house, at('12:31').epochMilliseconds);
  const { position } = status;
  house.apply(2, [[aSeat({ number: 2, heldBy: 'bob', until: '12:20' })]]);
  status.update([2], at('12:10').epochMilliseconds);
  const known = status.position;
  status.advance(at('12:21').epochMilliseconds);
  expect(status.position.endedMs).toBeGreaterThan(position.endedMs);
  expect(status.endedSince(known.endedMs)).toEqual([2]);
});

type Deed = { readonly seats: readonly number[]; readonly as: 'held' | 'open' | 'sold'; readonly minutes: number };

const deed: fc.Arbitrary<Deed> = fc.record({
  seats: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
  as: fc.constantFrom('held', 'held', 'open', 'sold'),
  minutes: fc.nat({ max: 12 }),
});

test('whatever happens to seats, the status says what the seats themselves say, and of what has changed no more', () => {
  const days = fc.property(fc.array(deed, { maxLength: 60 }), (deeds) => {
    const clock = new FakeClock();
    const house = houseOf(Array.from({ length: 9 }, (_, index) => aSeat({ number: index + 1 })));
    const status = new SeatStatus(house, clock.now().epochMilliseconds);
    const page = seatsIn(status.bytes);
    status.follow();
    house.watch((seats) => status.update(seats, clock.now().epochMilliseconds));
    for (const { seats, as, minutes } of deeds) {
      const past = status.position.endedMs;
      house.apply(house.version + 1, [seats.map((number) => seatAs(as, number, clock.now()))]);
      clock.advance({ minutes });
      status.advance(clock.now().epochMilliseconds);
      const told = new Set(status.takeChanges());
      const before = [...page];
      for (const seat of told) page[seat - 1] = seatsIn(status.bytes)[seat - 1];
      const truth = house.seats.map((seat) => codeAt(seat, clock.now()));
      expect(page.slice(0, 9)).toEqual(truth);
      expect([...told].filter((seat) => before[seat - 1] === page[seat - 1])).toEqual([]);
      // Whoever knew it before this deed, and hears of the ends since, knows the same.
      const missed = new Set([...seats, ...status.endedSince(past)]);
      expect(truth.filter((code, index) => code !== before[index] && !missed.has(index + 1))).toEqual([]);
    }
  });
  fc.assert(days, { numRuns: 300 });
});

async function anOpenHouse() {
  const box = await openBoxOffice();
  await box.announce();
  const { sales } = box.deps;
  return { box, sales, clock: box.clock, pages: openPages(box.deps, sales) };
}

// Seats whose neighbours are mostly alike do not show how large it can become.
function aFullHouse(): Seat[] {
  const random = seededRandom(5);
  return Array.from({ length: 80_000 }, (_, index) => {
    const [number, state] = [index + 1, random.below(3)];
    return aSeat({ number, ...(state === 1 ? { heldBy: 'ann' } : state === 2 ? { soldTo: 'bob' } : {}) });
  });
}

function houseOf(seats: Seat[]): House {
  return new House({ eventId: 'show', version: 1, venue: 0, leaveNoSingle: true }, seats);
}

function seatAs(as: Deed['as'], number: number, now: Temporal.Instant): Seat {
  if (as === 'open') return aSeat({ number });
  if (as === 'sold') return aSeat({ number, soldTo: 'ann' });
  const place = aSeat({ number });
  const heldUntil = now.add({ minutes: 5 + (number % 3) * 5 });
  return { ...place, state: 'held', holderId: 'ann', holdId: randomUUID(), heldSince: now, heldUntil };
}

function codeAt(seat: Seat, now: Temporal.Instant): string {
  if (seat.state === 'sold') return 'sold';
  return isHeld(seat, now) ? 'held' : 'free';
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await turn();
}
