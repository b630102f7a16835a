import type { IsFree } from './best-available.ts';
import { type Layout, layOut } from './layout.ts';
import { readShape } from './venue-file-shape.ts';

/**
 * A block as a picture, a row a line, the front row first: `.` is a free seat, `x` a taken one; `A` is a free accessible
 * place, `X` a taken one.
 */
type Picture = readonly string[];

export type SmallHouse = { readonly layout: Layout; readonly isFree: IsFree };

/**
 * A house of pictures, by the names of its blocks: one behind the other, each in a category of its name, seats and rows
 * a metre apart, the front row ten metres from the stage.
 */
export function aHouse(pictures: Readonly<Record<string, Picture>>): SmallHouse {
  const layout = layOut(readShape('house', JSON.stringify(fileOf(Object.entries(pictures)))));
  const seats = Object.values(pictures).flat().join('');
  return { layout, isFree: (seat) => /[.A]/.test(seats[seat - 1] ?? 'x') };
}

/** The pictures of all blocks, with `o` where the seats are. */
export function picturesOf({ layout, isFree }: SmallHouse, seats: readonly number[] = []): string[] {
  return layout.rows.map(({ first, count }) =>
    Array.from({ length: count }, (_, nth) => {
      if (seats.includes(first + nth)) return 'o';
      const [free, taken] = layout.accessible[first + nth - 1] === 1 ? ['A', 'X'] : ['.', 'x'];
      return isFree(first + nth) ? free : taken;
    }).join(''),
  );
}

function fileOf(pictures: readonly (readonly [string, Picture])[]) {
  let y = 10;
  const blocks = pictures.map(([name, rows]) => {
    const block = {
      ...{ name, category: name, at: { x: 0, y }, rows: rows.length, seats: rows.map((row) => row.length) },
      ...{ rowSpacing: 1, seatSpacing: 1, firstRow: '1', accessible: rows.flatMap(accessibleIn) },
    };
    y += rows.length;
    return block;
  });
  return {
    ...{ number: 0, name: 'House', title: 'House', stage: { x: 0, y: 0 }, blocks },
    capacity: pictures.flatMap(([, rows]) => rows).join('').length,
    categories: pictures.map(([name]) => ({ id: name, name, pricePercent: 100 })),
  };
}

function accessibleIn(row: string, index: number) {
  return [...row.matchAll(/[AX]/g)].map(({ index: nth }) => ({ row: `${index + 1}`, from: nth + 1, to: nth + 1 }));
}
