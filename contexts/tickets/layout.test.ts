import { brotliCompressSync } from 'node:zlib';
import { venues } from '@ticketbuddy/contracts';
import { describe, expect, test } from 'vitest';
import { type Layout, labelOf, layOut, layoutOf, priceOf } from './layout.ts';
import { seatMapJson } from './layout-json.ts';
import { seatsOfRows } from './venue-file-rows.ts';
import { readShape } from './venue-file-shape.ts';

// A seat keeps its number, its place and its category for as long as there are tickets for it.
const sold: Readonly<Record<string, string>> = {
  O2ArenaLondon: 'b59b28c6622d4903',
  WembleyStadiumLondon: 'c64dbe739faecf3d',
  ManchesterArena: 'd76949f198ae319f',
  UtilitaArenaBirmingham: '61e7ac1c3dd1694d',
  SSEHydroGlasgow: '2207bd02ff935cdd',
  FirstDirectArenaLeeds: 'bd3d4fb416d2b809',
  PrincipalityStadiumCardiff: '365adaba663a4452',
  EmiratesOldTraffordManchester: '10e63ce4cc66c5b1',
  RoyalAlbertHallLondon: '41ee998fe6bf3f3c',
  RoundhouseLondon: 'e71856c86ac999b4',
  StadiumOfTheNorth: '63760368200fd89a',
};

describe.each(venues.map((name, venue) => ({ name, venue })))('the layout of $name', ({ name, venue }) => {
  const layout = layoutOf(venue);

  test('is the one for which tickets were sold', () => {
    expect(layout.hash.slice(0, 16)).toBe(sold[name]);
  });

  test('numbers the seats row by row, from 1 to the capacity', () => {
    const numbers = layout.rows.flatMap(({ first, count }) => Array.from({ length: count }, (_, nth) => first + nth));
    expect(numbers).toEqual(Array.from({ length: layout.capacity }, (_, index) => index + 1));
  });

  test('has no seat on top of another, and none in the stage', () => {
    expect(crowded(layout, 0.45)).toEqual([]);
    const distances = layout.x.map((x, seat) => Math.hypot(x - layout.stage.x, (layout.y[seat] ?? 0) - layout.stage.y));
    expect(Math.min(...distances.slice(0, 1_000))).toBeGreaterThan(5);
  });

  test('has accessible places', () => {
    expect(layout.accessible.indexOf(1)).toBeGreaterThan(-1);
  });

  test('is told by its seat map, to the centimetre', () => {
    const { x, y, accessible } = drawn(seatMapJson(layout));
    expect(accessible).toEqual([...layout.accessible]);
    expect(x.findIndex((value, seat) => Math.abs(value - (layout.x[seat] ?? 0)) > 0.01)).toBe(-1);
    expect(y.findIndex((value, seat) => Math.abs(value - (layout.y[seat] ?? 0)) > 0.01)).toBe(-1);
  });
});

describe('a venue', () => {
  test('that nobody knows has no layout', () => {
    expect(() => layoutOf(11)).toThrow('nobody knows how many seats venue 11 has');
  });

  test('is laid out once', () => {
    expect(layoutOf(9)).toBe(layoutOf(9));
  });

  test('gets another hash when a single seat stands elsewhere', () => {
    expect(aVenue({ angle: 91 }).hash).not.toBe(aVenue().hash);
    expect(aVenue().hash).toBe(aVenue().hash);
  });
});

test('the seat map of the stadium is small on the way', () => {
  expect(brotliCompressSync(seatMapJson(layoutOf(10))).length).toBeLessThan(20_000);
});

test('a seat is called by its block, its row and its place in the row', () => {
  expect(labelOf(layoutOf(9), 7)).toEqual({ block: 'Stalls', row: 'B', seat: 1 });
  expect(labelOf(layoutOf(9), 20)).toEqual({ block: 'Stalls', row: 'C', seat: 7 });
  expect(() => labelOf(layoutOf(9), 21)).toThrow('has no seat 21');
});

describe('a seat costs', () => {
  test.each([
    { percent: 100, event: 2_550, seat: 2_550 },
    { percent: 250, event: 4_999, seat: 12_498 },
    { percent: 45, event: 10, seat: 5 },
    { percent: 44, event: 10, seat: 4 },
    { percent: 0, event: 2_550, seat: 0 },
  ])('$seat pence where its category is $percent percent of $event', ({ percent, event, seat }) => {
    expect(priceOf(aVenue({}, percent), 1, event)).toBe(seat);
  });

  test('nothing that could be told when the venue does not have it', () => {
    expect(() => priceOf(aVenue(), 0, 100)).toThrow('has no seat 0');
    expect(() => priceOf(aVenue(), 5, 100)).toThrow('has no seat 5');
  });
});

describe('the seats of a block', () => {
  test('are counted from left to right, and the rows from the stage backwards', () => {
    expect(places(aVenue())).toEqual([
      [-0.5, 10],
      [0.5, 10],
      [-0.5, 11],
      [0.5, 11],
    ]);
  });

  test('follow the angle in which the block stands', () => {
    expect(places(aVenue({ angle: 0 }))).toEqual([
      [0, 10.5],
      [0, 9.5],
      [1, 10.5],
      [1, 9.5],
    ]);
  });

  test('of a curved block lie on circles', () => {
    const layout = aVenue({ at: undefined, around: { x: 3, y: 0 }, radius: 20 });
    const radii = places(layout).map(([x = 0, y = 0]) => Math.hypot(x - 3, y));
    expect(radii.map((radius) => radius.toFixed(2))).toEqual(['20.00', '20.00', '21.00', '21.00']);
  });

  test('of a copy are turned or moved, and of a mirrored one on the other side', () => {
    const moved = aVenue({ at: { x: 10, y: 10 }, rows: 1, copies: { count: 2, step: { x: 5, y: 1 } }, mirror: 'S9' });
    expect(moved.blocks.map(({ name }) => name)).toEqual(['S1', 'S2', 'S9', 'S8']);
    expect(places(moved).map(([x]) => x)).toEqual([9.5, 10.5, 14.5, 15.5, -10.5, -9.5, -15.5, -14.5]);
    const circle = { at: undefined, around: { x: 0, y: 0 }, radius: 20, angle: 0, rows: 1, seats: 1 };
    const turned = aVenue({ ...circle, copies: { count: 4, turn: 90 } });
    const whole = places(turned).map((point) => point.map((figure) => Math.round(figure) || 0));
    expect(whole).toEqual([
      [20, 0],
      [0, 20],
      [-20, 0],
      [0, -20],
    ]);
  });

  test('can grow in number from row to row, and the rows be named by letters or numbers', () => {
    const layout = aVenue({ rows: 3, seats: { from: 1, to: 4 }, firstRow: 'Y' });
    expect(layout.rows.map(({ label, count }) => `${label}${count}`)).toEqual(['Y1', 'Z3', 'AA4']);
    const labels = (firstRow: string) => aVenue({ rows: 2, firstRow }).rows.map(({ label }) => label);
    expect([labels('9'), labels('AZ'), labels('ZZ')]).toEqual([
      ['9', '10'],
      ['AZ', 'BA'],
      ['ZZ', 'AAA'],
    ]);
  });
});

/** One block of two rows of two seats a metre apart, ten metres below the stage. */
function aVenue(changes: object = {}, pricePercent = 100): Layout {
  const spacing = { rowSpacing: 1, seatSpacing: 1 };
  const block = { name: 'S1', category: 'a', at: { x: 0, y: 10 }, rows: 2, seats: 2, ...spacing, ...changes };
  const venue = { number: 0, name: 'Venue', title: 'Venue', capacity: 1, stage: { x: 0, y: 0 }, blocks: [block] };
  const shape = readShape('venue', JSON.stringify({ ...venue, categories: [{ id: 'a', name: 'A', pricePercent }] }));
  const seats = shape.blocks.flatMap(seatsOfRows).map(({ count }) => count);
  return layOut({ ...shape, capacity: seats.reduce((sum, count) => sum + count, 0) });
}

function places({ x, y }: Layout): number[][] {
  return Array.from(x, (value, seat) => [value, y[seat] ?? 0]);
}

type DrawnRow = { first: number; count: number; accessible?: [number, number][] } & (
  | { at: [number, number]; step: [number, number] }
  | { around: [number, number]; radius: number; angle: number; turn: number }
);

// What a browser does with the seat map.
function drawn(json: string) {
  const seats: { x: number; y: number; accessible: number }[] = [];
  for (const { rows } of JSON.parse(json).blocks as { rows: DrawnRow[] }[]) {
    for (const row of rows) {
      for (let nth = 0; nth < row.count; nth++) {
        const accessible = Number((row.accessible ?? []).some(([from, to]) => from <= nth + 1 && nth + 1 <= to));
        seats[row.first + nth - 1] = { ...pointOf(row, nth), accessible };
      }
    }
  }
  return { x: seats.map(({ x }) => x), y: seats.map(({ y }) => y), accessible: seats.map((seat) => seat.accessible) };
}

function pointOf(row: DrawnRow, nth: number) {
  if ('at' in row) return { x: row.at[0] + nth * row.step[0], y: row.at[1] + nth * row.step[1] };
  const angle = ((row.angle + nth * row.turn) * Math.PI) / 180;
  return { x: row.around[0] + row.radius * Math.cos(angle), y: row.around[1] + row.radius * Math.sin(angle) };
}

/** The pairs of seats that are nearer to each other than so many metres. */
function crowded(layout: Layout, metres: number): [number, number][] {
  const cells = Map.groupBy(layout.x.keys(), (seat) => cellOf(layout, seat, 0, 0));
  return [...layout.x.keys()].flatMap((seat) =>
    [-1, 0, 1].flatMap((right) =>
      [-1, 0, 1].flatMap((down) => {
        const others = cells.get(cellOf(layout, seat, right, down)) ?? [];
        return others
          .filter((other) => other > seat && between(layout, seat, other) < metres)
          .map((other) => pair(seat, other));
      }),
    ),
  );
}

function cellOf({ x, y }: Layout, seat: number, right: number, down: number): string {
  return `${Math.floor(x[seat] ?? 0) + right} ${Math.floor(y[seat] ?? 0) + down}`;
}

function between({ x, y }: Layout, seat: number, other: number): number {
  return Math.hypot((x[seat] ?? 0) - (x[other] ?? 0), (y[seat] ?? 0) - (y[other] ?? 0));
}

function pair(seat: number, other: number): [number, number] {
  return [seat + 1, other + 1];
}
