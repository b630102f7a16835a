import type { IsFree, SeatPolicy, SeatWish } from './best-available.ts';
import type { Layout } from './layout.ts';

export type Candidate = {
  readonly seats: readonly number[];
  readonly accessible: number;
  readonly singles: number;
  readonly square: number;
};

/** Every group of free neighbours that suits the wish, the best first: looked for without any shortcut. */
export function allGroups(layout: Layout, isFree: IsFree, wish: SeatWish, { leaveNoSingle }: SeatPolicy): Candidate[] {
  const groups = layout.rows.flatMap(({ first, count }) =>
    Array.from({ length: Math.max(0, count - wish.count + 1) }, (_, nth) => consecutive(first + nth, wish.count)),
  );
  return groups
    .filter((seats) => seats.every((seat) => isFree(seat) && suits(layout, seat, wish)))
    .map((seats) => ({
      seats,
      accessible: seats.filter((seat) => layout.accessible[seat - 1] === 1).length,
      singles: leaveNoSingle ? singlesLeftBy(layout, isFree, seats) : 0,
      square: squareOf(layout, seats, wish.near ?? layout.stage),
    }))
    .filter(({ accessible }) => !wish.accessible || accessible > 0)
    .sort(betterFirst);
}

export function suits(layout: Layout, seat: number, { category }: SeatWish): boolean {
  return category === undefined || layout.categories[layout.category[seat - 1] ?? -1]?.id === category;
}

function betterFirst(one: Candidate, other: Candidate): number {
  const harm = one.accessible - other.accessible || one.singles - other.singles || one.square - other.square;
  return harm || (one.seats[0] ?? 0) - (other.seats[0] ?? 0);
}

function singlesLeftBy(layout: Layout, isFree: IsFree, seats: readonly number[]): number {
  const isFreeAfter: IsFree = (seat) => isFree(seat) && !seats.includes(seat);
  const beside = [(seats[0] ?? 0) - 1, (seats.at(-1) ?? 0) + 1];
  return beside.filter(
    (seat) => isAtSameRow(layout, seat, seats[0]) && isFree(seat) && isAlone(layout, isFreeAfter, seat),
  ).length;
}

function isAlone(layout: Layout, isFree: IsFree, seat: number): boolean {
  return [seat - 1, seat + 1].every((beside) => !isAtSameRow(layout, beside, seat) || !isFree(beside));
}

function isAtSameRow({ row }: Layout, seat: number, other = 0): boolean {
  return row[seat - 1] !== undefined && row[seat - 1] === row[other - 1];
}

function squareOf(
  { x, y }: Layout,
  seats: readonly number[],
  from: { readonly x: number; readonly y: number },
): number {
  const middle = (places: Float32Array) =>
    ((places[(seats[0] ?? 0) - 1] ?? 0) + (places[(seats.at(-1) ?? 0) - 1] ?? 0)) / 2;
  return (middle(x) - from.x) ** 2 + (middle(y) - from.y) ** 2;
}

function consecutive(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, nth) => first + nth);
}
