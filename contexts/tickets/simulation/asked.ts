import { type Book, lastMoment, viewOf } from './book.ts';
import type { Written } from './database.ts';
import type { Place, View, Wanted } from './wishes.ts';

/** What was committed of one request: its entry of the ledger, and how its seats stand after that. */
export type Deed = { readonly written: Written; readonly places: readonly (readonly [number, Place])[] };

/** A promise to buyers that was broken, and by what. */
export type Wrong = { readonly promise: string; readonly how: string };

/** One wish that was put to a process, and what came of it. */
export type Asked = {
  readonly name: string;
  readonly wanted: Wanted;
  readonly book: Book;
  readonly clerk: Clerk;
  /** The moment of its event in which it was put. */
  readonly firstMoment: number;
  /** How much had happened then. */
  readonly firstStep: number;
  /** The scope and the key that it came with, and the hash of what it depends on. */
  readonly key: string | undefined;
  readonly hash: string | undefined;
  /** Whether the same key was under way in the same process then. */
  readonly isDoubled: boolean;
  /** What was committed of it. */
  deed: Deed | undefined;
  isAnswered: boolean;
};

/** A process, as the judge sees it. */
export type Clerk = {
  readonly name: string;
  /** What its clock showed whenever it looked, and when that was. */
  readonly readings: { readonly step: number; readonly ms: number }[];
  readonly running: Set<Asked>;
};

export type KeyBook = {
  readonly asked: Asked[];
  decision:
    | { readonly hash: string; readonly refused: string | undefined; readonly answer: string | undefined }
    | undefined;
};

/**
 * Whether there was a moment since the wish was put in which `isSo`: of the house as it stood then, and a time that the
 * clock of the process has shown since. What was written when the house had not changed yet was decided at that version.
 */
export function findMoment(asked: Asked, isSo: (view: View, now: number) => boolean): boolean {
  for (let moment = lastMoment(asked.book); moment >= asked.firstMoment; moment--) {
    const view = viewOf(asked.book, moment);
    if (someTime(asked, (now) => isSo(view, now))) return true;
  }
  return false;
}

/** Whether the clock of its process has shown this since the wish was put. */
export function wasReadSince(asked: Asked, ms: number): boolean {
  return someTime(asked, (now) => now === ms);
}

// The latest first.
function someTime({ clerk: { readings }, firstStep }: Asked, isSo: (now: number) => boolean): boolean {
  let before: number | undefined;
  for (let nth = readings.length - 1; nth >= 0; nth--) {
    const reading = readings[nth];
    if (!reading || reading.step < firstStep) break;
    if (reading.ms !== before && isSo(reading.ms)) return true;
    before = reading.ms;
  }
  return false;
}
