import { nearestApart } from './best-available-apart.ts';
import { type Point, planOf } from './best-available-plan.ts';
import { apartReason, togetherReason } from './best-available-reason.ts';
import { type Group, type LongestRuns, nearestTogether, type Search } from './best-available-together.ts';
import type { Layout } from './layout.ts';

/** What a buyer asks for, who leaves the choice to the box office. */
export type SeatWish = {
  /** From 1 on. */
  readonly count: number;
  /** The id of a category of the layout; without one, any seat will do. */
  readonly category?: string | undefined;
  /** Neighbours in one row. */
  readonly adjacent: boolean;
  /** One of the group needs an accessible place. */
  readonly accessible: boolean;
  /** Where on the plan they want to be near, in metres; without it, near the stage. */
  readonly near?: Point | undefined;
};

/** How an event wants its seats to be chosen. */
export type SeatPolicy = {
  /** Rather sell seats further away than leave a free seat between two that are taken. */
  readonly leaveNoSingle: boolean;
};

/** What was found out while the same seats were looked through before, of which none came back since. */
type Remembering = { readonly longestRuns?: LongestRuns | undefined };

/** The numbers of the seats, rising, and a sentence for the buyer that says why these. */
export type Choice = { readonly seats: readonly number[]; readonly reason: string };

/** Answers for the numbers of the layout's seats; asked at most a few times for each. */
export type IsFree = (seatNumber: number) => boolean;

/**
 * The best free seats for a wish, or `undefined` when none are left that suit it. Changes nothing.
 *
 * Adjacent: the group of neighbours whose middle is nearest. With `leaveNoSingle` a nearer one is passed over when it
 * would leave a free seat without a free neighbour; only if every group does, the one that leaves the fewest is taken.
 * Not adjacent: as few rows as possible, then the nearest seats.
 *
 * Accessible: one place of the group is accessible, and the companions sit beside it in one row, on other seats where
 * there are some. When the wish is not adjacent and no row has room for all, the companions sit as near to it as can be.
 * A buyer with several who need one asks for each of them. Accessible places are given to others only when no other
 * seats would suit.
 *
 * Throws a `RangeError` when `count` is no number of seats.
 */
export function bestAvailable(
  layout: Layout,
  isFree: IsFree,
  wish: SeatWish,
  policy: SeatPolicy & Remembering,
): Choice | undefined {
  const { count, adjacent, category } = wish;
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`${count} is no number of seats`);
  const search = {
    ...searchIn(layout, isFree, { ...wish, ...policy }, wish.near ?? layout.stage),
    isOpen: (block: number) => category === undefined || categoryIdOf(layout, block) === category,
  };
  const place = wish.near ? 'the place asked for' : 'the stage';
  const group = adjacent || wish.accessible || count === 1 ? nearestTogether(search) : undefined;
  if (group) return { seats: seatsOf(group, count), reason: togetherReason(search, group, place) };
  const seats = adjacent || count === 1 ? undefined : apart(search);
  return seats && { seats, reason: apartReason(search, seats, place) };
}

/**
 * What to offer to a buyer who cannot have `seats`, which are seats of the layout: as many, nearest to their middle. Neighbours in one
 * row at the same price, or else at any; or else any free seats of the same blocks. `undefined` when there are none. If
 * one of `seats` is an accessible place, so is one of those that are offered.
 */
export function nearestAlternative(
  layout: Layout,
  isFree: IsFree,
  seats: readonly number[],
  policy: SeatPolicy & Remembering,
): readonly number[] | undefined {
  const wanted = [...new Set(seats)];
  const count = wanted.length;
  if (count === 0) return undefined;
  const blocks = new Set(wanted.map((seat) => layout.rows[layout.row[seat - 1] ?? -1]?.block ?? -1));
  const categories = new Set([...blocks].map((block) => categoryIdOf(layout, block)));
  const accessible = wanted.some((seat) => layout.accessible[seat - 1] === 1);
  const search = searchIn(layout, isFree, { count, accessible, ...policy }, middleOf(layout, wanted));
  const group =
    nearestTogether({ ...search, isOpen: (block) => categories.has(categoryIdOf(layout, block)) }) ??
    nearestTogether({ ...search, isOpen: (block) => !categories.has(categoryIdOf(layout, block)) });
  return group ? seatsOf(group, count) : apart({ ...search, isOpen: (block) => blocks.has(block) });
}

function searchIn(
  layout: Layout,
  isFree: IsFree,
  { count, accessible, leaveNoSingle, longestRuns }: Pick<SeatWish, 'count' | 'accessible'> & SeatPolicy & Remembering,
  from: Point,
): Omit<Search, 'isOpen'> {
  return { plan: planOf(layout), isFree, count, accessible, leaveNoSingle, longestRuns, from };
}

function apart(search: Search): readonly number[] | undefined {
  if (!search.accessible) return nearestApart(search);
  const place = nearestTogether({ ...search, count: 1 });
  if (!place) return undefined;
  const from = middleOf(search.plan.layout, [place.first]);
  const isFree: IsFree = (seat) => seat !== place.first && search.isFree(seat);
  const companions = nearestApart({ ...search, from, isFree, count: search.count - 1 });
  return companions && [place.first, ...companions].sort((a, b) => a - b);
}

function seatsOf({ first }: Group, count: number): number[] {
  return Array.from({ length: count }, (_, nth) => first + nth);
}

function categoryIdOf(layout: Layout, block: number): string | undefined {
  return layout.categories[layout.blocks[block]?.category ?? -1]?.id;
}

function middleOf({ x, y }: Layout, seats: readonly number[]): Point {
  const mean = (places: Float32Array) => seats.reduce((sum, seat) => sum + (places[seat - 1] ?? 0), 0) / seats.length;
  return { x: mean(x), y: mean(y) };
}
