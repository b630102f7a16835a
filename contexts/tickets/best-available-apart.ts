import { squareBetween, visitRows } from './best-available-plan.ts';
import type { Search } from './best-available-together.ts';

type Free = Search['isFree'];
/** By row: it has no more free seats than this. */
type AtMost = Uint16Array;

/**
 * Free seats that need not be neighbours, in as few rows as possible. Where one row has enough of them, it is the row
 * whose nearest ones are the nearest in sum; otherwise the fullest rows are emptied first, the nearer of two, until one
 * row has the rest. Accessible places are taken only when all others are. `undefined` when there are too few seats.
 * Whether single seats are left does not matter here.
 */
export function nearestApart(search: Search): number[] | undefined {
  const { count, isFree, plan } = search;
  const { accessible } = plan.layout;
  const others = inFewestRows(search, count, seatsPerRow(search), (seat) => accessible[seat - 1] === 0 && isFree(seat));
  const missing = count - others.length;
  if (missing === 0) return others.sort((one, other) => one - other);
  const rows = seatsPerRow(search).map((seats, row) => seats * (plan.hasAccessible[row] ?? 0));
  const places = inFewestRows(search, missing, rows, (seat) => accessible[seat - 1] === 1 && isFree(seat));
  return places.length < missing ? undefined : [...others, ...places].sort((one, other) => one - other);
}

function seatsPerRow({ plan, isOpen }: Search): AtMost {
  const seats = new Uint16Array(plan.layout.rows.length);
  plan.layout.blocks.forEach(({ firstRow, rowCount }, block) => {
    if (!isOpen(block)) return;
    for (let row = firstRow; row < firstRow + rowCount; row++) seats[row] = plan.layout.rows[row]?.count ?? 0;
  });
  return seats;
}

/** As many as there are, when there are fewer. */
function inFewestRows(search: Search, count: number, atMost: AtMost, isFree: Free): number[] {
  const seats: number[] = [];
  const sums = new Map<number, number>();
  while (seats.length < count) {
    const rest = nearestRow(search, count - seats.length, atMost, isFree);
    if (rest) return [...seats, ...rest];
    const row = fullestRow(search, atMost, isFree, sums);
    if (row === undefined) break;
    seats.push(...freeIn(search, isFree, row));
    atMost[row] = 0;
  }
  return seats;
}

/** The nearest `count` seats of the row where they are nearest. */
function nearestRow(search: Search, count: number, atMost: AtMost, isFree: Free): number[] | undefined {
  let best: { seats: number[]; sum: number } | undefined;
  // No seat of a row is nearer than its box. Sums are rounded, so what looks as far as the best is worth a look.
  const reach = () => (best ? (best.sum / count) ** 2 * (1 + 1e-9) : Infinity);
  if (greatestOf(atMost) < count) return undefined;
  visitRows(search.plan, { from: search.from, isOpen: search.isOpen, reach }, (row) => {
    if ((atMost[row] ?? 0) < count) return;
    const seats = freeIn(search, isFree, row);
    atMost[row] = seats.length;
    if (seats.length < count) return;
    const nearest = seats.sort((one, other) => squareTo(search, one) - squareTo(search, other)).slice(0, count);
    const sum = sumOfDistances(search, nearest);
    if (!best || sum < best.sum || (sum === best.sum && Math.min(...nearest) < Math.min(...best.seats)))
      best = { seats: nearest, sum };
  });
  return best?.seats;
}

/** The nearest of the rows that have the most free seats; `undefined` when none has any. */
function fullestRow(search: Search, atMost: AtMost, isFree: Free, sums: Map<number, number>): number | undefined {
  for (;;) {
    const most = greatestOf(atMost);
    if (most === 0) return undefined;
    let [best, least]: [number | undefined, number] = [undefined, Infinity];
    for (let row = 0; row < atMost.length; row++) {
      if (atMost[row] !== most) continue;
      const sum = sums.get(row) ?? sumOfRow(search, atMost, isFree, row);
      sums.set(row, sum);
      if (atMost[row] === most && sum < least) [best, least] = [row, sum];
    }
    if (best !== undefined) return best;
  }
}

function greatestOf(figures: AtMost): number {
  let greatest = 0;
  for (const figure of figures) if (figure > greatest) greatest = figure;
  return greatest;
}

function sumOfRow(search: Search, atMost: AtMost, isFree: Free, row: number): number {
  const seats = freeIn(search, isFree, row);
  atMost[row] = seats.length;
  return sumOfDistances(search, seats);
}

function freeIn({ plan }: Search, isFree: Free, index: number): number[] {
  const row = plan.layout.rows[index];
  const seats: number[] = [];
  if (row) for (let seat = row.first; seat < row.first + row.count; seat++) if (isFree(seat)) seats.push(seat);
  return seats;
}

function sumOfDistances(search: Search, seats: readonly number[]): number {
  return seats.reduce((sum, seat) => sum + Math.sqrt(squareTo(search, seat)), 0);
}

function squareTo({ plan, from }: Search, seat: number): number {
  return squareBetween(from.x, from.y, plan.layout.x[seat - 1] ?? 0, plan.layout.y[seat - 1] ?? 0);
}
