import { squareBetween } from './best-available-plan.ts';
import type { Group, Search } from './best-available-together.ts';
import { labelOf } from './layout.ts';

/** Why a group of neighbours was chosen: `Row C of block 104, 38 m from the stage; 2 nearer groups would have …`. */
export function togetherReason({ plan, count, accessible }: Search, group: Group, place: string): string {
  const { block, row, seat } = labelOf(plan.layout, group.first);
  const reasons = [`Row ${row} of block ${block}, ${metres(group.distance)} from ${place}`];
  if (accessible)
    reasons.push(
      `with ${counted(group.accessible, 'accessible place')} (${placesOf(plan.layout.accessible, group.first, count, seat)})`,
    );
  else if (group.accessible > 0) reasons.push(`no other seats than accessible places are left for this`);
  if (group.passedOver > 0) reasons.push(`${counted(group.passedOver, 'nearer group')} would have left a single seat`);
  if (group.singles > 0) reasons.push('every choice that is left leaves a single seat, this one the fewest');
  return reasons.join('; ');
}

/** Why seats were chosen that are not neighbours. */
export function apartReason(search: Search, seats: readonly number[], place: string): string {
  const { plan, from, accessible } = search;
  const { x, y, accessible: accessibles } = plan.layout;
  const distances = seats.map((seat) => Math.sqrt(squareBetween(from.x, from.y, x[seat - 1] ?? 0, y[seat - 1] ?? 0)));
  const mean = distances.reduce((sum, distance) => sum + distance, 0) / seats.length;
  const reasons = [`${rowsOf(search, seats)}, ${metres(mean)} from ${place} on average`];
  const places = seats.filter((seat) => accessibles[seat - 1] === 1).length;
  if (accessible) reasons.push(`with ${counted(places, 'accessible place')}; no row has room for all beside one`);
  else if (places > 0) reasons.push('no other seats than accessible places are left');
  return reasons.join('; ');
}

function rowsOf({ plan }: Search, seats: readonly number[]): string {
  const rows = new Map<string, number>();
  for (const seat of seats) {
    const { block, row } = labelOf(plan.layout, seat);
    const name = `row ${row} of block ${block}`;
    rows.set(name, (rows.get(name) ?? 0) + 1);
  }
  if (rows.size > 3) return `${seats.length} seats in ${rows.size} rows`;
  const parts = [...rows].map(([name, count], nth) => `${nth === 0 ? counted(count, 'seat') : count} in ${name}`);
  return [parts.slice(0, -1).join(', '), parts.at(-1)].filter(Boolean).join(' and ');
}

function placesOf(accessible: Uint8Array, first: number, count: number, firstInRow: number): string {
  const places = Array.from({ length: count }, (_, nth) => nth).filter((nth) => accessible[first - 1 + nth] === 1);
  return `seat ${places.map((nth) => firstInRow + nth).join(', ')}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function metres(distance: number): string {
  return `${Math.round(distance)} m`;
}
