import type { SeatWish } from '../best-available.ts';

/** What somebody asks the box office for, in the judge's words. Seats by their numbers; 0 is a seat that nobody has. */
export type Wanted =
  | {
      readonly act: 'reserve' | 'purchase' | 'hold' | 'buy';
      readonly userId: string;
      readonly seats: readonly number[];
    }
  | { readonly act: 'buy a hold'; readonly userId: string; readonly holdId: string }
  | { readonly act: 'extend' | 'release'; readonly holdId: string }
  | { readonly act: 'best'; readonly userId: string; readonly wish: SeatWish };

export const limits = { seatsPerBuyerMax: 6, holdMinutesMax: 30 };

/** How a seat stands, in the judge's words; times in milliseconds. */
export type Place = {
  readonly state: 'open' | 'held' | 'sold';
  readonly pence: number;
  /** Whose it is, if it is not open. */
  readonly userId: string;
  readonly holdId: string;
  readonly since: number;
  readonly until: number;
};

/** The house at one moment. */
export type View = {
  readonly exists: boolean;
  readonly capacity: number;
  readonly rows: readonly Row[];
  readonly accessible: ReadonlySet<number>;
  place(number: number): Place | undefined;
};

export type Row = { readonly first: number; readonly count: number };
