import { expect, it } from 'vitest';
import { type PlannedWrite, planTraffic } from './plan.ts';
import { idOf } from './test-history.ts';

it('each write says a name of its own, of letters, digits and blanks', () => {
  const names = plannedWrites(1).map(({ written }) => written.name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^Show s1 k\d+ w\d+$/.test(name))).toEqual([]);
});

it('no two events ever overlap', () => {
  const slots = plannedWrites(1).map(({ event, written }) => ({ event, ...written }));
  slots.sort((one, other) => (one.startsAt < other.startsAt ? -1 : 1));
  const overlaps = slots.filter((slot, nth) => {
    const before = slots[nth - 1];
    return before && before.event !== slot.event && before.endsAt >= slot.startsAt;
  });
  expect(overlaps).toEqual([]);
});

it('what is sent says what is written down, whatever its time zone', () => {
  for (const { body, written } of plannedWrites(1)) {
    const { EventName, StartDate, EndDate, Price } = JSON.parse(body);
    const [startsAt, endsAt] = [StartDate, EndDate].map((time) =>
      Temporal.Instant.from(time).toString({ smallestUnit: 'microsecond' }),
    );
    const pence = Price === undefined ? undefined : String(Math.round(Number(Price) * 100));
    expect({ name: EventName, startsAt, endsAt, pence }).toEqual({ ...written, venue: undefined });
  }
});

it('some events are written by several at a time, and all others by one', () => {
  const plan = aPlan(1, 0.9);
  const [writing, contended] = [new Map<number, PlannedWrite[]>(), new Set<number>()];
  for (let nth = 0; nth < 3_000; nth++) {
    for (const planned of plan.next()) {
      if (planned.kind === 'create') plan.settled({ ...planned, id: idOf(planned.event) });
      if (planned.kind !== 'change') continue;
      const others = writing.get(planned.event) ?? [];
      writing.set(planned.event, [...others, planned]);
      if (others.length > 0) contended.add(planned.event);
    }
    if (nth % 10 > 0) continue;
    for (const write of [...writing.values()].flat()) plan.settled(write);
    writing.clear();
  }
  expect(contended.size).toBeGreaterThan(2);
  expect([...contended].filter((event) => event % 10 > 0)).toEqual([]);
});

it('a small share breaks the rules of the new system', () => {
  const writes = plannedWrites(1);
  const broken = writes.filter(({ isRightful }) => !isRightful);
  expect(broken.length).toBeGreaterThan(0);
  expect(broken.length).toBeLessThan(writes.length / 20);
  expect(broken.filter(({ written: { pence } }) => pence !== undefined && Number(pence) >= 0)).toEqual([]);
});

it('an event is changed again once its last change was answered', () => {
  const changes = plannedWrites(1).filter(({ kind, event }) => kind === 'change' && event % 10 > 0);
  expect(new Set(changes.map(({ event }) => event)).size).toBeLessThan(changes.length / 3);
});

it('the same seed plans the same, another seed in another year', () => {
  expect(plannedWrites(1)).toEqual(plannedWrites(1));
  const [one, other] = [1, 2].map(
    (seed) => new Set(plannedWrites(seed).map(({ written }) => written.startsAt.slice(0, 4))),
  );
  expect(one?.intersection(other ?? new Set()).size).toBe(0);
});

/** The writes of a while in which each is answered at once. */
function plannedWrites(seed: number): PlannedWrite[] {
  const plan = aPlan(seed, 0.5);
  const writes: PlannedWrite[] = [];
  for (let nth = 0; nth < 2_000; nth++) {
    for (const planned of plan.next()) {
      if (planned.kind !== 'create' && planned.kind !== 'change') continue;
      plan.settled({ ...planned, id: idOf(planned.event) });
      writes.push(planned);
    }
  }
  return writes;
}

function aPlan(seed: number, writeShare: number) {
  return planTraffic({
    seed,
    prefix: `Show s${seed}`,
    writeShare,
    createShare: 0.05,
    listShare: 0.01,
    eventsAtFirst: 20,
  });
}
