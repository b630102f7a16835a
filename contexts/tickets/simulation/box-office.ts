import { limits, type Place, type View, type Wanted } from './wishes.ts';

const minuteMs = 60_000;

/** Why a wish is refused by the house as it stands at `now`; `undefined` when it is granted. */
export function reasonAgainst(wanted: Wanted, view: View, now: number): string | undefined {
  switch (wanted.act) {
    case 'reserve':
    case 'purchase':
      return againstFirstVersion(wanted, view, now);
    case 'hold':
    case 'buy':
      return againstSecondVersion(wanted, view, now);
    case 'buy a hold':
      return againstBuyingHold(wanted, view, now);
    case 'extend':
      return againstExtending(wanted.holdId, view, now);
    case 'release':
      return undefined;
    case 'best':
      return againstBest(wanted, view, now);
  }
}

/** What is wrong with granting a wish with just these seats, if anything. */
export function wrongSeats(wanted: Wanted, view: View, now: number, numbers: readonly number[]): string | undefined {
  const meant = meantBy(wanted, view, now);
  const isOver = meant?.length === 0 && (wanted.act === 'extend' || wanted.act === 'buy a hold');
  if (meant && !isOver && !sameNumbers(meant, numbers)) return `wanted ${meant}, got ${numbers}`;
  if (wanted.act === 'best' && !suits(wanted.wish, view, now, numbers)) return `seats ${numbers} do not suit the wish`;
  return undefined;
}

/** What is wrong with how seats stand after a wish was granted, if anything. */
export function wrongStates(
  wanted: Wanted,
  view: View,
  now: number,
  { numbers, places }: { readonly numbers: readonly number[]; readonly places: readonly Place[] },
): string | undefined {
  const [first] = places;
  const before = numbers.map((number) => view.place(number) as Place);
  const expected = first && dueState(wanted, before, now);
  const isRight = places.every(
    (place) =>
      place.state === expected?.state &&
      place.userId === expected.userId &&
      place.since === expected.since &&
      place.until === expected.until &&
      place.holdId === first?.holdId,
  );
  return isRight ? undefined : `seats ${numbers} should be ${JSON.stringify(expected)}, not ${JSON.stringify(first)}`;
}

// Unless it is left to the box office.
function meantBy(wanted: Wanted, view: View, now: number): readonly number[] | undefined {
  if ('seats' in wanted) return [...new Set(wanted.seats)];
  return wanted.act === 'best' ? undefined : seatsOfHold(view, wanted.holdId, now, wanted.act);
}

export function isTaken(place: Place | undefined, now: number): boolean {
  return place?.state === 'sold' || (place?.state === 'held' && place.until > now);
}

type State = Pick<Place, 'state' | 'userId' | 'since' | 'until'>;

function dueState(wanted: Wanted, before: readonly Place[], now: number): State {
  const least = (times: readonly number[]) => Math.min(...times);
  const quarter = now + 15 * minuteMs;
  switch (wanted.act) {
    case 'reserve':
      return { state: 'held', userId: wanted.userId, since: now, until: quarter };
    case 'purchase':
    case 'buy':
    case 'buy a hold':
      return { state: 'sold', userId: wanted.userId, since: 0, until: 0 };
    case 'hold':
    case 'best': {
      const since = least([now, ...before.filter((place) => isTaken(place, now)).map((place) => place.since)]);
      const until = least([quarter, since + limits.holdMinutesMax * minuteMs]);
      return { state: 'held', userId: wanted.userId, since, until };
    }
    case 'extend': {
      const { userId = '', since = 0 } = before[0] ?? {};
      return { state: 'held', userId, since, until: least([quarter, since + limits.holdMinutesMax * minuteMs]) };
    }
    case 'release':
      return { state: 'open', userId: '', since: 0, until: 0 };
  }
}

type OfHold = { readonly holdId: string };
type Named = Extract<Wanted, { readonly seats: readonly number[] }>;

function againstFirstVersion({ act, userId, seats }: Named, view: View, now: number): string | undefined {
  const places = seats.map((number) => view.place(number));
  if (places.some((place) => isOthers(place, userId, now))) return 'seats_held';
  if (places.includes(undefined)) return 'seats_unknown';
  if (act === 'purchase' && seats.some((number, nth) => seats.indexOf(number) < nth)) return 'seats_unknown';
  return places.some((place) => place?.state === 'sold') ? 'seats_sold' : undefined;
}

function againstSecondVersion({ userId, seats }: Named, view: View, now: number): string | undefined {
  if (!view.exists) return 'event_unknown';
  const places = seats.map((number) => view.place(number));
  if (places.includes(undefined)) return 'seats_unknown';
  const isAnyTaken = places.some((place) => place?.state === 'sold' || isOthers(place, userId, now));
  return againstSoMany(userId, seats, seats.length, view, now) ?? (isAnyTaken ? 'seats_taken' : undefined);
}

function againstBuyingHold(
  { userId, holdId }: OfHold & { userId: string },
  view: View,
  now: number,
): string | undefined {
  if (!view.exists) return 'event_unknown';
  const seats = seatsOfHold(view, holdId, now, 'buy a hold').filter((number) => view.place(number)?.userId === userId);
  return seats.length === 0 ? 'hold_over' : againstSoMany(userId, seats, seats.length, view, now);
}

function againstExtending(holdId: string, view: View, now: number): string | undefined {
  const [number] = seatsOfHold(view, holdId, now, 'extend');
  const place = number === undefined ? undefined : view.place(number);
  if (!place) return 'hold_over';
  // It was extended before, may not last longer, or would end earlier, by a clock that is behind.
  const lasts = place.until - place.since;
  const ends = Math.min(now + 15 * minuteMs, place.since + limits.holdMinutesMax * minuteMs);
  return lasts > 15 * minuteMs || ends <= place.until ? 'hold_extended' : undefined;
}

function againstBest({ userId, wish }: Extract<Wanted, { act: 'best' }>, view: View, now: number): string | undefined {
  if (!view.exists) return 'event_unknown';
  // All small houses have the one category.
  if (wish.category !== undefined && wish.category !== 'standard') return 'category_unknown';
  const isThereNone = !isThereAny(wish, view, now);
  return againstSoMany(userId, [], wish.count, view, now) ?? (isThereNone ? 'no_suitable_seats' : undefined);
}

function againstSoMany(userId: string, named: readonly number[], count: number, view: View, now: number) {
  let has = count;
  for (let number = 1; number <= view.capacity; number++) {
    const place = view.place(number);
    if (place?.userId === userId && isTaken(place, now) && !named.includes(number)) has += 1;
  }
  return has > limits.seatsPerBuyerMax ? 'too_many_seats' : undefined;
}

type Wish = Extract<Wanted, { act: 'best' }>['wish'];

function isThereAny({ count, adjacent, accessible }: Wish, view: View, now: number): boolean {
  const isFree = (number: number) => !isTaken(view.place(number), now);
  if (adjacent || count === 1) {
    return view.rows.some(({ first, count: length }) => {
      for (let from = first; from + count <= first + length; from++) {
        const group = Array.from({ length: count }, (_, nth) => from + nth);
        if (group.every(isFree) && (!accessible || group.some((number) => view.accessible.has(number)))) return true;
      }
      return false;
    });
  }
  let free = 0;
  for (let number = 1; number <= view.capacity; number++) if (isFree(number)) free += 1;
  return free >= count && (!accessible || [...view.accessible].some(isFree));
}

function suits({ count, adjacent, accessible }: Wish, view: View, now: number, numbers: readonly number[]): boolean {
  if (new Set(numbers).size !== count || numbers.length !== count) return false;
  if (numbers.some((number) => isTaken(view.place(number), now))) return false;
  if (accessible && !numbers.some((number) => view.accessible.has(number))) return false;
  const [least, greatest] = [Math.min(...numbers), Math.max(...numbers)];
  const isInOneRow = view.rows.some(({ first, count: length }) => first <= least && greatest < first + length);
  return !adjacent || (isInOneRow && greatest - least === count - 1);
}

function seatsOfHold(view: View, holdId: string, now: number, act: Wanted['act']): number[] {
  const numbers: number[] = [];
  for (let number = 1; number <= view.capacity; number++) {
    const place = view.place(number);
    if (place?.state !== 'held' || place.holdId !== holdId) continue;
    if (act === 'release' || place.until > now) numbers.push(number);
  }
  return numbers;
}

function isOthers(place: Place | undefined, userId: string, now: number): boolean {
  return place?.state === 'held' && place.until > now && place.userId !== userId;
}

function sameNumbers(some: readonly number[], others: readonly number[]): boolean {
  return some.length === others.length && some.every((number) => others.includes(number));
}
