import { type Point, type SeatPlan, squareBetween, visitRows } from './best-available-plan.ts';

/** What is looked for, and where. */
export type Search = {
  readonly plan: SeatPlan;
  readonly isFree: (seatNumber: number) => boolean;
  readonly count: number;
  /** One of the group needs an accessible place. */
  readonly accessible: boolean;
  readonly leaveNoSingle: boolean;
  readonly from: Point;
  readonly isOpen: (block: number) => boolean;
  /** Is written and heeded: so whoever looks again for seats of which none came back passes over the rows that are full. */
  readonly longestRuns?: LongestRuns | undefined;
};

/** By row: no more free seats than this are neighbours there. */
export type LongestRuns = Uint16Array;

export function unknownRuns(layout: SeatPlan['layout']): LongestRuns {
  const known = lengths.get(layout) ?? Uint16Array.from(layout.rows, ({ count }) => count);
  lengths.set(layout, known);
  return known.slice();
}

// A copy costs next to nothing, and each batch needs one.
const lengths = new WeakMap<SeatPlan['layout'], LongestRuns>();

export type Group = {
  /** The number of its first seat. */
  readonly first: number;
  /** How many accessible places are among its seats. */
  readonly accessible: number;
  /** How many free seats beside it would be left without a free neighbour. */
  readonly singles: number;
  /** From its middle, in metres. */
  readonly distance: number;
  /** How many nearer groups would be as good, had they not left a single seat. */
  readonly passedOver: number;
};

type Hunt = Search & {
  // Whether the seats of a row are free; the seat at place `nth` of the row, from 1 on, at `nth`, and none around them.
  readonly free: Uint8Array;
  // The squares of the distances of groups that would leave a single seat.
  readonly leavingSingles: number[];
  readonly bestRank: number;
  best: { first: number; rank: number; square: number };
};

// A rank is compared before the distance, and counts both kinds of harm: an accessible place outweighs two single seats.
const perAccessible = 3;

/**
 * The nearest free group of `count` neighbours in a row. Of two groups the better one takes fewer accessible places
 * (one at least when one is needed), then leaves fewer single seats if that matters, then is nearer, then has the lower
 * numbers. `undefined` when there is no such group.
 */
export function nearestTogether(search: Search): Group | undefined {
  const { plan, count, accessible, from, isOpen, longestRuns } = search;
  if (count > plan.longestRow || longestRuns?.every((run) => run < count)) return undefined;
  const hunt: Hunt = {
    ...search,
    free: new Uint8Array(plan.longestRow + 3),
    leavingSingles: [],
    bestRank: accessible ? perAccessible : 0,
    best: { first: 0, rank: Infinity, square: Infinity },
  };
  const reach = () => (hunt.best.rank === hunt.bestRank ? hunt.best.square : Infinity);
  visitRows(plan, { from, isOpen, reach }, (row) => judgeRow(hunt, row));
  return hunt.best.first === 0 ? undefined : groupOf(hunt);
}

function judgeRow(hunt: Hunt, index: number): void {
  const { free, isFree, count: wanted, plan } = hunt;
  const row = plan.layout.rows[index];
  if (!row || (hunt.longestRuns?.[index] ?? row.count) < wanted || (hunt.accessible && plan.hasAccessible[index] === 0))
    return;
  const { first, count } = row;
  for (let nth = 1; nth <= count; nth++) free[nth] = isFree(first + nth - 1) ? 1 : 0;
  free.fill(0, count + 1, count + 3);
  let [run, longest] = [0, 0];
  for (let nth = 1; nth <= count; nth++) {
    run = free[nth] === 1 ? run + 1 : 0;
    if (run > longest) longest = run;
    if (run >= wanted) judgeGroup(hunt, index, first - 1, nth, run);
  }
  if (hunt.longestRuns) hunt.longestRuns[index] = longest;
}

/** Judges the group that ends at place `end` of a row, where a run of free seats has come to the length `run`. */
function judgeGroup(hunt: Hunt, row: number, before: number, end: number, run: number): void {
  const { best, count, plan, free } = hunt;
  const first = before + end - count + 1;
  const square = squareToGroup(hunt, first);
  if (best.rank === hunt.bestRank && square > best.square) return;
  const accessible = plan.hasAccessible[row] === 1 ? accessibleAmong(plan, first, count) : 0;
  if (hunt.accessible && accessible === 0) return;
  const singles = hunt.leaveNoSingle
    ? Number(run - count === 1) + Number(free[end + 1] === 1 && free[end + 2] === 0)
    : 0;
  const rank = accessible * perAccessible + singles;
  if (singles > 0 && rank - singles === hunt.bestRank) hunt.leavingSingles.push(square);
  if (isBetter({ first, rank, square }, best)) hunt.best = { first, rank, square };
}

function isBetter(one: Hunt['best'], other: Hunt['best']): boolean {
  if (one.rank !== other.rank) return one.rank < other.rank;
  return one.square === other.square ? one.first < other.first : one.square < other.square;
}

function squareToGroup({ plan, count, from }: Hunt, first: number): number {
  const { x, y } = plan.layout;
  const [one, other] = [first - 1, first + count - 2];
  const [middleX, middleY] = [((x[one] ?? 0) + (x[other] ?? 0)) / 2, ((y[one] ?? 0) + (y[other] ?? 0)) / 2];
  return squareBetween(from.x, from.y, middleX, middleY);
}

function accessibleAmong({ layout }: SeatPlan, first: number, count: number): number {
  let places = 0;
  for (let seat = first; seat < first + count; seat++) places += layout.accessible[seat - 1] ?? 0;
  return places;
}

function groupOf({ best, bestRank, leavingSingles }: Hunt): Group {
  const { first, rank, square } = best;
  return {
    first,
    accessible: Math.floor(rank / perAccessible),
    singles: rank % perAccessible,
    distance: Math.sqrt(square),
    passedOver: rank === bestRank ? leavingSingles.filter((nearer) => nearer < square).length : 0,
  };
}
