import { Refusal } from '@ticketbuddy/errors';
import { isTransient } from '@ticketbuddy/postgres';
import type { Asked } from './asked.ts';
import { lastMoment } from './book.ts';
import { acts, again, type Mood, requestFor, type Wish, wishFor } from './customers.ts';
import { ModelDatabase, poisonous, type SaleChange } from './database.ts';
import { type Broken, Judge, type Listener } from './judge.ts';
import { type Office, openOffice, type Plant } from './office.ts';
import { createRandom, type Random } from './random.ts';
import { createScheduler } from './scheduler.ts';
import { createShows, type Show } from './shows.ts';

export type DayPlan = {
  /** Says all that happens. */
  readonly seed: number;
  /** How many requests are put. */
  readonly operations: number;
  readonly plant?: Plant;
  readonly listener?: Listener | undefined;
};

export type DayReport = {
  readonly operations: number;
  readonly steps: number;
  readonly granted: number;
  readonly refused: number;
  readonly repeated: number;
  /** Nobody knows what became of them: the process died, or the connection was lost. */
  readonly unknown: number;
  readonly soldOut: number;
  readonly broken: Broken | undefined;
};

const minuteMs = 60_000;
/** One day of the shop: processes that come and go, and customers who want the same seats at once. */
export async function simulateDay({ seed, operations, plant = {}, listener }: DayPlan): Promise<DayReport> {
  const day = openDay(seed, plant, listener);
  // Nobody reads where a refusal was thrown, and noting it costs more than deciding.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    await run(day, operations);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  const { count, scheduler, judge } = day;
  return { ...count, steps: scheduler.happened, broken: judge.broken };
}

type Day = ReturnType<typeof openDay>;

// Each day is of another kind, so that what is rare on most of them is common on some.
function openDay(seed: number, plant: Plant, listener: Listener | undefined) {
  const random = createRandom(seed);
  const scheduler = createScheduler(random);
  const judge = new Judge(listener);
  const count = { operations: 0, granted: 0, refused: 0, repeated: 0, unknown: 0, soldOut: 0 };
  const holds = new Map<string, { holdId: string; userId: string }[]>();
  const database = new ModelDatabase({
    changed(change) {
      judge.changed(change);
      noteHolds(change);
      if (change.tellsSoldOut) count.soldOut += 1;
    },
    decided: (decisions) => judge.decided(decisions),
  });
  const kind = kindOfDay(random);
  const mood: Mood = { users: kind.users, acts: kind.acts, keyRate: kind.keyRate, poisonRate: kind.poisonRate, holds };
  const shows = createShows({ random, scheduler, database, judge, plant });
  const offices: Office[] = [];
  return { random, scheduler, judge, database, kind, mood, shows, offices, count, keyed: [] as Wish[], open };

  function open(name: string): Office {
    const clockMs = kind.clocksApartMs > 0 ? random.below(kind.clocksApartMs) : 0;
    const register = (asked: Asked, request: Parameters<Judge['asks']>[1]) => judge.asks(asked, request);
    return openOffice({ name, random, scheduler, database, plant, register, clockMs, ...kind });
  }

  function noteHolds({ sale, entries }: SaleChange): void {
    for (const { entry, holdId } of entries) {
      if (entry.kind !== 'held' || holdId === undefined) continue;
      const known = holds.get(sale.eventId) ?? [];
      known.push({ holdId, userId: entry.userId ?? '' });
      holds.set(sale.eventId, known);
    }
  }
}

function kindOfDay(random: Random) {
  return {
    offices: 1 + random.below(4),
    shows: 1 + random.below(3),
    users: 2 + random.below(6),
    acts: random.chance(0.5) ? acts : acts.filter(() => random.chance(0.6)).concat('reserve'),
    burst: 1 + random.below(16),
    underWayMax: 4 + random.below(72),
    keyRate: random.pick([0, 0.1, 0.5]),
    poisonRate: random.pick([0, 0, 0.02]),
    lossRate: random.pick([0, 0.002, 0.03]),
    faultRate: random.pick([0, 0, 0.01, 0.1]),
    killRate: random.pick([0, 0.0002, 0.002]),
    clocksApartMs: random.pick([0, 0, 2_000, 20 * minuteMs]),
    waitRate: random.pick([0.002, 0.01, 0.05]),
    largestBatch: random.pick([1, 3, 256]),
    waitMsMax: random.chance(0.1) ? 60 : 5_000,
  };
}

async function run(day: Day, operations: number): Promise<void> {
  const { random, scheduler, judge, kind, offices, shows, count } = day;
  while (offices.length < kind.offices) offices.push(day.open(`process ${offices.length}`));
  while (count.operations < operations && !judge.broken) {
    while (shows.open.length < kind.shows) shows.announce();
    if (underWay(day) < kind.underWayMax && random.chance(0.4)) askAround(day);
    else happen(day);
    await scheduler.advance();
  }
  while (!judge.broken && (await scheduler.advance()));
  if (!judge.broken) await lookEverywhere(day);
}

function underWay({ offices }: Day): number {
  return offices.reduce((sum, { clerk }) => sum + clerk.running.size, 0);
}

function askAround(day: Day): void {
  const { random, kind, shows, keyed, mood } = day;
  const books = shows.open.map(({ book }) => book);
  for (let left = 1 + random.below(kind.burst); left > 0; left--) {
    const isAgain = keyed.length > 0 && random.chance(0.3 * kind.keyRate);
    const wish = isAgain ? again(random.pick(keyed), books, random) : wishFor(random.pick(books), random, mood);
    ask(day, wish);
    // A client that does not wait for the answer.
    if (wish.attempt && random.chance(0.2)) ask(day, again(wish, books, random));
  }
}

function ask(day: Day, wish: Wish): void {
  const { judge, scheduler, offices, random, count, keyed } = day;
  const { book, wanted, attempt } = wish;
  const office = random.pick(offices);
  const key = attempt && `${attempt.scope} ${attempt.key}`;
  count.operations += 1;
  const asked: Asked = {
    ...{ name: `request ${count.operations} at ${office.clerk.name}`, wanted, book, clerk: office.clerk, key },
    ...{ firstMoment: lastMoment(book), firstStep: scheduler.happened, hash: attempt?.requestHash.toString('hex') },
    isDoubled: key !== undefined && [...office.clerk.running].some((other) => other.key === key),
    ...{ deed: undefined, isAnswered: false },
  };
  if (key !== undefined) judge.keyBook(key).asked.push(asked);
  if (attempt && keyed.length < 8) keyed.push(wish);
  else if (attempt && random.chance(0.2)) keyed[random.below(8)] = wish;
  office.clerk.running.add(asked);
  office.decide(asked, requestFor(wish)).then(
    (decided) => {
      if ('refused' in decided) count.refused += 1;
      else if ('told' in decided) count.repeated += 1;
      else count.granted += 1;
      judge.answered(asked, decided);
    },
    (error) => fail(day, asked, error),
  );
}

function fail({ judge, count }: Day, asked: Asked, error: unknown): void {
  if (error instanceof Refusal) {
    count.refused += 1;
    judge.answered(asked, { refused: error });
    return;
  }
  count.unknown += 1;
  const isPoison = 'userId' in asked.wanted && asked.wanted.userId === poisonous;
  if (!isTransient(error) && !isPoison)
    judge.break('a request fails only by itself', `${asked.name}: ${String(error)}`, asked.book);
  judge.failed(asked, error);
}

// What is not asked for by customers.
function happen(day: Day): void {
  const { random, scheduler, kind, offices, shows } = day;
  if (random.chance(kind.waitRate)) scheduler.time.wallMs += random.pick([1, 5, 10, 15, 16, 31]) * minuteMs;
  if (kind.clocksApartMs > 0 && random.chance(0.002))
    random.pick(offices).moveClock((random.chance(0.5) ? 1 : -1) * random.below(kind.clocksApartMs));
  if (random.chance(0.01)) shows.changePrice(random.pick(shows.open));
  if (random.chance(0.003)) shows.changePolicy(random.pick(shows.open));
  if (random.chance(0.01)) look(day, random.pick(offices), random.pick(shows.open));
  if (random.chance(kind.killRate)) replace(day, random.below(offices.length));
  if (random.chance(0.05)) closeOne(day, random.pick(shows.open));
}

function replace(day: Day, nth: number): void {
  const { offices, count } = day;
  const office = offices[nth] as Office;
  office.kill();
  count.unknown += office.clerk.running.size;
  offices[nth] = day.open(`${office.clerk.name}'`);
}

// A house that is sold out is asked for some more, and then no longer.
function closeOne({ database, shows, random }: Day, show: Show): void {
  const sale = database.sales.get(show.book.eventId);
  if (sale && (sale.unsold === 0 || random.chance(0.02))) shows.close(show);
}

function look({ judge }: Day, { sales }: Office, { book }: Show): void {
  const since = lastMoment(book);
  sales.houses.current(book.eventId).then(
    (house) => judge.looked(book, since, house),
    (error) => void (isTransient(error) || judge.break('a request fails only by itself', String(error), book)),
  );
}

async function lookEverywhere(day: Day): Promise<void> {
  const { offices, shows, scheduler, judge } = day;
  if (underWay(day) > 0) judge.break('a request is answered', `${underWay(day)} never are`, { eventId: '' });
  for (const show of [...shows.open]) {
    for (const office of offices) look(day, office, show);
    while (await scheduler.advance());
    shows.close(show);
  }
}
