import { type SeededRandom, seededRandom } from '../seeded-random.ts';
import type { WriteEntry } from './history.ts';
import { venueNames } from './wire.ts';

export type PlannedWrite = Pick<WriteEntry, 'kind' | 'event' | 'id' | 'written' | 'isRightful'> & {
  readonly body: string;
};

export type Planned =
  | PlannedWrite
  | { readonly kind: 'read'; readonly event: number; readonly id: string }
  | { readonly kind: 'list' };

export type PlanOptions = {
  readonly seed: number;
  readonly prefix: string;
  /** The shares of writes in the requests, of new events in the writes, and of lists in the reads. */
  readonly writeShare: number;
  readonly createShare: number;
  readonly listShare: number;
  /** How many events there are before the first one is changed. */
  readonly eventsAtFirst: number;
};

export type Plan = {
  /** What is to be sent now, at once: mostly one request. */
  next(): readonly Planned[];
  /** A write was answered or given up; a new event's `id` is what the answer told. */
  settled(write: Pick<WriteEntry, 'kind' | 'event' | 'id'>): void;
};

type KnownEvent = { readonly number: number; readonly id: string; writers: number };

const oneInContended = 10;
const brokenRulesShare = 0.02;

/** The same seed and the same answers make the same requests. */
export function planTraffic(options: PlanOptions): Plan {
  const { prefix, writeShare, createShare, listShare, eventsAtFirst } = options;
  const random = seededRandom(options.seed);
  const author = createAuthor(random, prefix, options.seed);
  const known: KnownEvent[] = [];
  const byNumber = new Map<number, KnownEvent>();
  let events = 0;

  const create = (): Planned => author.create(++events);
  const change = (event: KnownEvent): Planned => {
    event.writers += 1;
    return author.change(event);
  };
  const next = (): readonly Planned[] => {
    if (known.length === 0) return [events < eventsAtFirst ? create() : { kind: 'list' }];
    const event = known[random.below(known.length)] as KnownEvent;
    if (!random.chance(writeShare)) return [random.chance(listShare) ? { kind: 'list' } : read(event)];
    if (events < eventsAtFirst || random.chance(createShare)) return [create()];
    if (isContended(event)) return [change(event), read(event), change(event), read(event), change(event)];
    return [event.writers === 0 ? change(event) : read(event)];
  };
  const settled: Plan['settled'] = ({ kind, event: number, id }) => {
    const event = byNumber.get(number);
    if (event && kind === 'change') event.writers -= 1;
    if (event || id === undefined) return;
    const made = { number, id, writers: 0 };
    known.push(made);
    byNumber.set(number, made);
  };
  return { next, settled };
}

function read({ number, id }: KnownEvent): Planned {
  return { kind: 'read', event: number, id };
}

// Several may write such an event at the same time; every other has one writer at a time.
function isContended({ number }: KnownEvent): boolean {
  return number % oneInContended === 0;
}

type Author = {
  create(event: number): PlannedWrite;
  change(event: { readonly number: number; readonly id: string }): PlannedWrite;
};

/** Makes writes of which no two say the same name, and none a time outside its event's slot. */
function createAuthor(random: SeededRandom, prefix: string, seed: number): Author {
  let writes = 0;
  const write = (event: number, id: string | undefined, venue: number | undefined): PlannedWrite => {
    const name = `${prefix} k${event} w${++writes}`;
    const [startsAt, endsAt] = timesIn(random, seed, event);
    const isRightful = !random.chance(brokenRulesShare);
    const price = isRightful ? anyPrice(random) : random.pick(brokenPrices);
    const written = { name, startsAt: textOf(startsAt), endsAt: textOf(endsAt), venue, pence: price.pence };
    const times = `"StartDate":"${inSomeZone(random, startsAt)}","EndDate":"${inSomeZone(random, endsAt)}"`;
    const named = venue === undefined ? '' : `,"Venue":"${venueNames[venue]}"`;
    const priced = price.json === undefined ? '' : `,"Price":${price.json}`;
    const body = `{"EventName":"${name}",${times}${named}${priced}}`;
    return { kind: id === undefined ? 'create' : 'change', event, id, written, isRightful, body };
  };
  return {
    create: (event) => write(event, undefined, random.pick(venues)),
    change: ({ number, id }) => write(number, id, undefined),
  };
}

// Rows that a rehearsal plants in the legacy, some of them without end, are at the other five.
const venues = [5, 6, 7, 8, 9] as const;

const minuteUs = 60_000_000;
const hourUs = 60 * minuteUs;

/**
 * The legacy has one calendar for all events, so each has an hour of its own. Each seed has a year of its own, so that two traffics
 * can follow each other in one database.
 */
function timesIn(random: SeededRandom, seed: number, event: number): readonly [startsAtUs: number, endsAtUs: number] {
  const startsAtUs = Date.UTC(2041 + (seed % 40), 0, 1) * 1_000 + event * hourUs + random.below(15 * minuteUs);
  return [startsAtUs, startsAtUs + 30 * minuteUs + random.below(10 * minuteUs)];
}

function textOf(timeUs: number): string {
  const milliseconds = new Date(Math.floor(timeUs / 1_000)).toISOString().slice(0, -1);
  return `${milliseconds}${String(timeUs % 1_000).padStart(3, '0')}Z`;
}

function inSomeZone(random: SeededRandom, timeUs: number): string {
  const [zone, offsetUs] = random.pick(zones);
  return textOf(timeUs + offsetUs).replace('Z', zone);
}

const zones: readonly [Zone, ...Zone[]] = [
  ['Z', 0],
  ['+00:00', 0],
  ['+02:00', 2 * hourUs],
  ['-05:30', -5.5 * hourUs],
];
type Zone = readonly [text: string, offsetUs: number];

type Price = { readonly json: string | undefined; readonly pence: string | undefined };

const oddPrices: readonly [Price, ...Price[]] = [
  { json: '25.5', pence: '2550' },
  { json: '0', pence: '0' },
  { json: '1e2', pence: '10000' },
  { json: '"19.90"', pence: '1990' },
];

// The legacy takes both; the new system refuses them.
const brokenPrices: readonly [Price, ...Price[]] = [
  { json: '-5.25', pence: '-525' },
  { json: undefined, pence: undefined },
];

function anyPrice(random: SeededRandom): Price {
  if (random.chance(0.2)) return random.pick(oddPrices);
  const pence = random.below(100_000);
  return { json: (pence / 100).toFixed(2), pence: String(pence) };
}
