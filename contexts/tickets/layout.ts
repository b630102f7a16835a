import { createHash } from 'node:crypto';
import { seatMapJson } from './layout-json.ts';
import { geometriesOf, seatPoint } from './layout-rows.ts';
import type { Layout, LayoutBlock, Row } from './layout-shape.ts';
import { type VenueFile, venueFileOf } from './venue-file.ts';

export type { Layout };

/** The layout of the venue with this wire number. Throws a `RangeError` when nobody knows that venue. */
export function layoutOf(venue: number): Layout {
  const known = layouts.get(venue);
  if (known) return known;
  const file = venueFileOf(venue);
  if (!file) throw new RangeError(`nobody knows how many seats venue ${venue} has`);
  const layout = layOut(file);
  layouts.set(venue, layout);
  return layout;
}

const layouts = new Map<number, Layout>();

/** What a seat costs at this price of the event: whole pence, half a penny rounded up. */
export function priceOf(layout: Layout, seatNumber: number, eventPricePence: number): number {
  const category = layout.categories[layout.category[seatNumber - 1] ?? -1];
  if (!category) throw new RangeError(`venue ${layout.venue} has no seat ${seatNumber}`);
  return Math.floor((eventPricePence * category.pricePercent + 50) / 100);
}

/** How the seat is called: its block, the label of its row, and which one it is in that row, from 1 on. */
export function labelOf(layout: Layout, seatNumber: number): { block: string; row: string; seat: number } {
  const row = layout.rows[layout.row[seatNumber - 1] ?? -1];
  const block = row && layout.blocks[row.block];
  if (!row || !block) throw new RangeError(`venue ${layout.venue} has no seat ${seatNumber}`);
  return { block: block.name, row: row.label, seat: seatNumber - row.first + 1 };
}

/** Gives the seats of a venue their numbers and places. */
export function layOut(file: VenueFile): Layout {
  const { number: venue, name, title, capacity, stage, categories } = file;
  const places = placeRows(file);
  const seats = placeSeats(capacity, places);
  const layout = { venue, name, title, capacity, stage, categories, ...places, ...seats, ...traitsOf(file, places) };
  return { ...layout, hash: createHash('sha256').update(seatMapJson(layout)).digest('hex') };
}

type Places = Pick<Layout, 'blocks' | 'rows'>;

function placeRows(file: VenueFile): Places {
  const [blocks, rows]: [LayoutBlock[], Row[]] = [[], []];
  let first = 1;
  for (const block of file.blocks) {
    const placed = geometriesOf(block);
    const category = file.categories.findIndex(({ id }) => id === block.category);
    blocks.push({ name: block.name, category, firstRow: rows.length, rowCount: placed.length });
    for (const { label, count, geometry } of placed) {
      rows.push({ block: blocks.length - 1, label, first, count, geometry });
      first += count;
    }
  }
  return { blocks, rows };
}

function placeSeats(capacity: number, { rows }: Places): Pick<Layout, 'x' | 'y' | 'row'> {
  const [x, y, row] = [new Float32Array(capacity), new Float32Array(capacity), new Uint16Array(capacity)];
  rows.forEach(({ first, count, geometry }, index) => {
    for (let nth = 0; nth < count; nth++) {
      const point = seatPoint(geometry, nth);
      x[first - 1 + nth] = point.x;
      y[first - 1 + nth] = point.y;
    }
    row.fill(index, first - 1, first - 1 + count);
  });
  return { x, y, row };
}

function traitsOf(file: VenueFile, { blocks, rows }: Places): Pick<Layout, 'category' | 'accessible'> {
  const [category, accessible] = [new Uint8Array(file.capacity), new Uint8Array(file.capacity)];
  for (const { block, label, first, count } of rows) {
    category.fill(blocks[block]?.category ?? 0, first - 1, first - 1 + count);
    for (const { row, from, to = count } of file.blocks[block]?.accessible ?? []) {
      if (row === label) accessible.fill(1, first - 1 + from - 1, first - 1 + to);
    }
  }
  return { category, accessible };
}
