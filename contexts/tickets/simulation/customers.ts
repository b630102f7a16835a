import { sale } from '../buy-seats.ts';
import { extension } from '../extend-hold.ts';
import { holdingBest } from '../hold-best.ts';
import { holding } from '../hold-seats.ts';
import { attemptOf } from '../idempotency.ts';
import { purchase } from '../purchase-seats.ts';
import { release } from '../release-hold.ts';
import type { Request } from '../request.ts';
import { reservation } from '../reserve-seats.ts';
import type { Attempt } from '../store-idempotency.ts';
import type { Book } from './book.ts';
import { poisonous } from './database.ts';
import type { Random } from './random.ts';
import { limits, type Wanted } from './wishes.ts';

/** A wish, and the key that it may come with. */
export type Wish = { readonly book: Book; readonly wanted: Wanted; readonly attempt: Attempt | undefined };

/** How customers are on one day. */
export type Mood = {
  readonly users: number;
  readonly acts: readonly Wanted['act'][];
  readonly keyRate: number;
  readonly poisonRate: number;
  /** The holds that they have heard of, by the ids of the events. */
  readonly holds: ReadonlyMap<string, readonly { readonly holdId: string; readonly userId: string }[]>;
};

export const acts: readonly Wanted['act'][] = [
  ...(['reserve', 'reserve', 'hold', 'hold', 'best'] as const),
  ...(['purchase', 'buy', 'buy a hold', 'extend', 'release'] as const),
];

export function wishFor(book: Book, random: Random, mood: Mood): Wish {
  const wanted = wantedOf(book, random, mood);
  const isKeyed = 'userId' in wanted && random.chance(mood.keyRate);
  const attempt = isKeyed ? attempting(book, wanted, `key ${random.below(1e9)}`) : undefined;
  return { book, wanted, attempt };
}

/** The same wish once more, or another one with the same key, perhaps at another event. */
export function again({ book, wanted, attempt }: Wish, books: readonly Book[], random: Random): Wish {
  if (!attempt || random.chance(0.8) || !('seats' in wanted)) return { book, wanted, attempt };
  const place = random.chance(0.5) ? book : random.pick(books);
  const other = { ...wanted, seats: someSeats(place, random, wanted.act === 'purchase' || wanted.act === 'reserve') };
  return { book: place, wanted: other, attempt: attempting(place, other, attempt.key) };
}

export function requestFor({ book, wanted, attempt }: Wish): Request {
  const { eventId } = book;
  switch (wanted.act) {
    case 'reserve':
    case 'purchase': {
      const make = wanted.act === 'reserve' ? reservation : purchase;
      return make({ eventId, attempt, userId: wanted.userId, seatIds: idsOf(book, wanted.seats) });
    }
    case 'hold':
      return holding({ eventId, attempt, ...wanted }, limits);
    case 'buy':
      return sale({ eventId, attempt, userId: wanted.userId, wanted }, limits);
    case 'buy a hold':
      return sale({ eventId, attempt, userId: wanted.userId, wanted }, limits);
    case 'best':
      return holdingBest({ eventId, attempt, ...wanted }, limits);
    case 'extend':
      return extension({ eventId, ...wanted }, limits);
    case 'release':
      return release({ eventId, ...wanted });
  }
}

function attempting({ eventId }: Book, wanted: Extract<Wanted, { userId: string }>, key: string): Attempt {
  return attemptOf(wanted.act, wanted.userId, key, [eventId, wanted]);
}

function wantedOf(book: Book, random: Random, mood: Mood): Wanted {
  const act = random.pick(mood.acts);
  const userId = random.chance(mood.poisonRate) ? poisonous : `user ${random.below(mood.users)}`;
  switch (act) {
    case 'reserve':
    case 'purchase':
      return { act, userId, seats: someSeats(book, random, true) };
    case 'hold':
    case 'buy':
      return { act, userId, seats: someSeats(book, random, false) };
    case 'best':
      return { act, userId, wish: someWish(random) };
    default:
      return ofHold(act, userId, random, mood.holds.get(book.eventId) ?? []);
  }
}

function ofHold(
  act: 'buy a hold' | 'extend' | 'release',
  userId: string,
  random: Random,
  known: readonly { readonly holdId: string; readonly userId: string }[],
): Wanted {
  const latest = known.slice(-6);
  const hold = latest.length > 0 ? random.pick(latest) : { holdId: 'a hold that nobody has', userId };
  if (act !== 'buy a hold') return { act, holdId: hold.holdId };
  return { act, holdId: hold.holdId, userId: random.chance(0.9) ? hold.userId : userId };
}

// Mostly neighbours; in the first version also none, one twice, and one that nobody has.
function someSeats(book: Book, random: Random, isLoose: boolean): number[] {
  const capacity = Math.max(book.lines.length - 1, 10);
  const first = 1 + random.below(capacity);
  const count = 1 + random.below(4);
  const numbers = Array.from({ length: count }, (_, nth) => ((first + nth - 1) % capacity) + 1);
  if (random.chance(0.2)) numbers.reverse();
  if (random.chance(0.02)) numbers.push(isLoose ? 0 : capacity + 1);
  if (isLoose && random.chance(0.02)) numbers.push(numbers[0] as number);
  return isLoose && random.chance(0.01) ? [] : numbers;
}

function someWish(random: Random) {
  const category = random.chance(0.05) ? 'none' : random.chance(0.5) ? 'standard' : undefined;
  return { count: 1 + random.below(4), category, adjacent: random.chance(0.7), accessible: random.chance(0.1) };
}

function idsOf({ ids }: Book, seats: readonly number[]): string[] {
  return seats.map((number) => ids[number] ?? `a seat that nobody has, ${number}`);
}
