import type { Geometry } from './layout-rows.ts';
import type { Layout, Row } from './layout-shape.ts';

/**
 * The public seat map. A row says where its first seat is and how the next ones follow, which a browser draws in a line
 * of code: seat `nth` (from 0 on) of a row is number `first + nth`, at
 * `[at[0] + nth * step[0], at[1] + nth * step[1]]`, or where the row has a `radius` at
 * `[around[0] + radius * cos(a), around[1] + radius * sin(a)]`, `a = (angle + nth * turn) * π / 180`.
 * Metres; x to the right, y downwards. `accessible` are the first and last seat of each stretch, counted in the row.
 */
export function seatMapJson(layout: Omit<Layout, 'hash'>): string {
  const { venue, name, title, capacity, stage, categories, rows } = layout;
  const blocks = layout.blocks.map((block) => ({
    name: block.name,
    category: categories[block.category]?.id,
    rows: rows.slice(block.firstRow, block.firstRow + block.rowCount).map((row) => rowOf(layout, row)),
  }));
  return JSON.stringify({
    venue,
    name,
    title,
    capacity,
    stage: [stage.x, stage.y],
    categories: categories.map(({ id, name, pricePercent }) => ({ id, name, pricePercent })),
    blocks,
  });
}

function rowOf(layout: Omit<Layout, 'hash'>, { label, first, count, geometry }: Row) {
  const accessible = accessibleIn(layout, first, count);
  return { label, first, count, ...placesOf(geometry), ...(accessible.length > 0 ? { accessible } : {}) };
}

function placesOf(geometry: Geometry) {
  if ('at' in geometry) {
    const { at, step } = geometry;
    return { at: [at.x, at.y], step: [step.x, step.y] };
  }
  const { around, radius, angle, turn } = geometry;
  return { around: [around.x, around.y], radius, angle, turn };
}

function accessibleIn({ accessible }: Omit<Layout, 'hash'>, first: number, count: number): [number, number][] {
  const stretches: [number, number][] = [];
  for (let seat = 1; seat <= count; seat++) {
    if (accessible[first + seat - 2] !== 1) continue;
    const last = stretches.at(-1);
    if (last && last[1] === seat - 1) last[1] = seat;
    else stretches.push([seat, seat]);
  }
  return stretches;
}
