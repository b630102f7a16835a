import type { Block } from './venue-file-shape.ts';

export type RowSeats = { readonly label: string; readonly count: number };

/** The rows of a block from the front to the back. */
export function seatsOfRows(block: Block): RowSeats[] {
  const rows: RowSeats[] = [];
  let label = block.firstRow;
  for (let row = 0; row < block.rows; row++) {
    rows.push({ label, count: seatsIn(block, row) });
    label = labelAfter(label);
  }
  return rows;
}

function seatsIn({ seats, rows }: Block, row: number): number {
  if (typeof seats === 'number') return seats;
  if ('from' in seats) return Math.round(seats.from + ((seats.to - seats.from) * row) / Math.max(1, rows - 1));
  return seats[row] ?? 0;
}

/** A is followed by B, Z by AA, AZ by BA; 9 by 10. */
function labelAfter(label: string): string {
  if (/^\d/.test(label)) return `${Number(label) + 1}`;
  const [, kept = '', turned = ''] = /^(.*?)(Z*)$/.exec(label) ?? [];
  const as = 'A'.repeat(turned.length);
  return kept === '' ? `A${as}` : kept.slice(0, -1) + String.fromCharCode(kept.charCodeAt(kept.length - 1) + 1) + as;
}
