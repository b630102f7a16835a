import type { Geometry } from './layout-rows.ts';

type Point = { readonly x: number; readonly y: number };

/**
 * Where the seats of a venue are: in metres on a plan, x to the right and y downwards. The seats are numbered from 1 to
 * the capacity, block by block and row by row, so that neighbours in a row have consecutive numbers. The typed arrays
 * have one entry a seat, at its number − 1.
 */
export type Layout = {
  /** Its wire number. */
  readonly venue: number;
  readonly name: string;
  readonly title: string;
  readonly capacity: number;
  /** SHA-256 of the seat map's JSON, in hex: another layout has another. */
  readonly hash: string;
  readonly stage: Point;
  readonly categories: readonly Category[];
  readonly blocks: readonly LayoutBlock[];
  readonly rows: readonly Row[];
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** Indexes into `rows`. */
  readonly row: Uint16Array;
  /** Indexes into `categories`. */
  readonly category: Uint8Array;
  /** 1: an accessible place. */
  readonly accessible: Uint8Array;
};

/** What a seat costs, in percent of the event's price. */
export type Category = { readonly id: string; readonly name: string; readonly pricePercent: number };

export type LayoutBlock = {
  readonly name: string;
  /** Index into the layout's categories. */
  readonly category: number;
  /** Index of its first row. */
  readonly firstRow: number;
  /** From the front to the back. */
  readonly rowCount: number;
};

export type Row = {
  /** Index into the layout's blocks. */
  readonly block: number;
  readonly label: string;
  /** The number of its first seat. */
  readonly first: number;
  readonly count: number;
  readonly geometry: Geometry;
};
