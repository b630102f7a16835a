import type { Layout } from './layout.ts';

export type Point = { readonly x: number; readonly y: number };

/** Rectangles on the plan, four figures each: least x, least y, greatest x, greatest y. */
type Boxes = Float64Array;

/** What the search for seats needs to know of a layout besides its seats. */
export type SeatPlan = {
  readonly layout: Layout;
  readonly blockBoxes: Boxes;
  readonly rowBoxes: Boxes;
  /** By row, 1: it has accessible places. */
  readonly hasAccessible: Uint8Array;
  readonly longestRow: number;
};

/** Made once for each layout. */
export function planOf(layout: Layout): SeatPlan {
  const known = plans.get(layout);
  if (known) return known;
  const plan = makePlan(layout);
  plans.set(layout, plan);
  return plan;
}

const plans = new WeakMap<Layout, SeatPlan>();

/** What may be visited: the blocks and rows that can have wanted seats, and those near enough to be worth a look. */
export type Course = {
  readonly from: Point;
  readonly isOpen: (block: number) => boolean;
  /** The square of the distance beyond which nothing is worth a look any more; it may shrink on the way. */
  readonly reach: () => number;
};

/**
 * Visits rows, roughly the nearer ones first, and none that lies wholly beyond reach. The middle between two seats of a
 * row is never outside of the row's box, so no better group is passed over.
 */
export function visitRows(plan: SeatPlan, { from, isOpen, reach }: Course, visit: (row: number) => void): void {
  const { blocks } = plan.layout;
  const squares = squaresToBoxes(plan.blockBoxes, 0, blocks.length, from);
  // Few blocks are within reach as a rule, so picking the nearest one again and again is faster than sorting them all.
  for (let left = blocks.length; left > 0; left--) {
    const nearest = indexOfLeast(squares);
    if ((squares[nearest] ?? Infinity) > reach()) return;
    squares[nearest] = Infinity;
    if (isOpen(nearest)) visitRowsOf(plan, nearest, from, reach, visit);
  }
}

/** The nearest row first and then outwards from there: rows follow each other, so the next ones are mostly the nearest. */
function visitRowsOf(
  plan: SeatPlan,
  block: number,
  from: Point,
  reach: () => number,
  visit: (row: number) => void,
): void {
  const { firstRow = 0, rowCount = 0 } = plan.layout.blocks[block] ?? {};
  const squares = squaresToBoxes(plan.rowBoxes, firstRow, rowCount, from);
  const nearest = indexOfLeast(squares);
  const look = (row: number) => (squares[row] ?? Infinity) <= reach() && visit(firstRow + row);
  look(nearest);
  for (let away = 1; away < rowCount; away++) {
    if (nearest + away < rowCount) look(nearest + away);
    if (nearest >= away) look(nearest - away);
  }
}

/** The square of the distance between two points. */
export function squareBetween(fromX: number, fromY: number, toX: number, toY: number): number {
  const [x, y] = [toX - fromX, toY - fromY];
  return x * x + y * y;
}

function squaresToBoxes(boxes: Boxes, first: number, count: number, from: Point): Float64Array {
  const squares = new Float64Array(count);
  for (let nth = 0; nth < count; nth++) squares[nth] = squareToBox(boxes, first + nth, from);
  return squares;
}

function indexOfLeast(squares: Float64Array): number {
  let least = 0;
  for (let nth = 1; nth < squares.length; nth++) if ((squares[nth] ?? 0) < (squares[least] ?? 0)) least = nth;
  return least;
}

function squareToBox(boxes: Boxes, index: number, { x, y }: Point): number {
  const at = 4 * index;
  const beside = Math.max((boxes[at] ?? 0) - x, 0, x - (boxes[at + 2] ?? 0));
  const above = Math.max((boxes[at + 1] ?? 0) - y, 0, y - (boxes[at + 3] ?? 0));
  return beside * beside + above * above;
}

function makePlan(layout: Layout): SeatPlan {
  const { blocks, rows, accessible } = layout;
  const [blockBoxes, rowBoxes] = [emptyBoxes(blocks.length), emptyBoxes(rows.length)];
  const hasAccessible = new Uint8Array(rows.length);
  layout.row.forEach((row, seat) => {
    const [x, y] = [layout.x[seat] ?? 0, layout.y[seat] ?? 0];
    widen(rowBoxes, row, x, y);
    widen(blockBoxes, rows[row]?.block ?? 0, x, y);
    if (accessible[seat] === 1) hasAccessible[row] = 1;
  });
  const longestRow = rows.reduce((longest, { count }) => Math.max(longest, count), 0);
  return { layout, blockBoxes, rowBoxes, hasAccessible, longestRow };
}

function emptyBoxes(count: number): Boxes {
  return new Float64Array(4 * count).map((_, at) => (at % 4 < 2 ? Infinity : -Infinity));
}

function widen(boxes: Boxes, index: number, x: number, y: number): void {
  const at = 4 * index;
  boxes[at] = Math.min(boxes[at] ?? x, x);
  boxes[at + 1] = Math.min(boxes[at + 1] ?? y, y);
  boxes[at + 2] = Math.max(boxes[at + 2] ?? x, x);
  boxes[at + 3] = Math.max(boxes[at + 3] ?? y, y);
}
