import type { Block } from './venue-file.ts';
import { seatsOfRows } from './venue-file-rows.ts';

type Point = { readonly x: number; readonly y: number };

/**
 * Where the seats of a row are, from its first on: each a step further on a line, or each turned by so many degrees
 * further on a circle (0 to the right, 90 downwards).
 */
export type Geometry =
  | { readonly at: Point; readonly step: Point }
  | { readonly around: Point; readonly radius: number; readonly angle: number; readonly turn: number };

export type PlacedRow = { readonly label: string; readonly count: number; readonly geometry: Geometry };

/** The rows of a block, from the front to the back. Their seats are counted from left to right where they face up. */
export function geometriesOf(block: Block): PlacedRow[] {
  const place = 'at' in block.stands ? straight : curved;
  return seatsOfRows(block).map(({ label, count }, row) => ({ label, count, geometry: place(block, row, count) }));
}

export function seatPoint(geometry: Geometry, nth: number): Point {
  if ('at' in geometry) {
    const { at, step } = geometry;
    return { x: at.x + nth * step.x, y: at.y + nth * step.y };
  }
  const { around, radius, angle, turn } = geometry;
  const direction = directionOf(angle + nth * turn);
  return { x: around.x + radius * direction.x, y: around.y + radius * direction.y };
}

function straight({ stands, angle, rowSpacing, seatSpacing }: Block, row: number, count: number): Geometry {
  const middle = 'at' in stands ? stands.at : stands.around;
  const back = directionOf(angle);
  const step = { x: seatSpacing * back.y, y: -seatSpacing * back.x };
  const half = (count - 1) / 2;
  return {
    at: {
      x: rounded(middle.x + row * rowSpacing * back.x - half * step.x, 3),
      y: rounded(middle.y + row * rowSpacing * back.y - half * step.y, 3),
    },
    step: { x: rounded(step.x, 5), y: rounded(step.y, 5) },
  };
}

function curved({ stands, angle, rowSpacing, seatSpacing }: Block, row: number, count: number): Geometry {
  if ('at' in stands) throw new TypeError('the rows are straight');
  const radius = rounded(stands.radius + row * rowSpacing, 3);
  const turn = -degrees(seatSpacing / radius);
  return {
    around: stands.around,
    radius,
    angle: rounded(angle - (turn * (count - 1)) / 2, 4),
    turn: rounded(turn, 5),
  };
}

function directionOf(angle: number): Point {
  const radians = (angle * Math.PI) / 180;
  return { x: Math.cos(radians), y: Math.sin(radians) };
}

function degrees(radians: number): number {
  return (radians * 180) / Math.PI;
}

// The seat map tells these figures, so that a reader of it gets the very same places.
function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits || 0;
}
