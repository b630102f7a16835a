import { layoutOf } from '../layout.ts';
import type { Seat } from '../seat.ts';
import type { Place, View } from './wishes.ts';

type Line = { readonly moment: number; readonly place: Place };

/** The judge's book of one event: how each seat stood at each moment, a moment being what one entry of the ledger did. */
export type Book = {
  readonly eventId: string;
  readonly venue: number;
  readonly lines: Line[][];
  readonly moments: Moment[];
  /** What the first version calls the seats, by their numbers. */
  readonly ids: string[];
  /** How many seats are not sold. */
  unsold: number;
};

export type Moment = { readonly version: number; readonly leaveNoSingle: boolean };

export function openBook(eventId: string, venue: number): Book {
  return {
    ...{ eventId, venue, lines: [], ids: [], unsold: 0 },
    moments: [{ version: 0, leaveNoSingle: true }],
  };
}

export function lastMoment({ moments }: Book): number {
  return moments.length - 1;
}

/** Writes down how seats stand from a new moment on. */
export function note(book: Book, moment: Moment, places: Iterable<readonly [number, Place]>): void {
  book.moments.push({ version: moment.version, leaveNoSingle: moment.leaveNoSingle });
  for (const [number, place] of places) {
    const lines = book.lines[number];
    const before = lines?.at(-1)?.place;
    if (place.state !== 'sold' && (!before || before.state === 'sold')) book.unsold += 1;
    if (place.state === 'sold' && before && before.state !== 'sold') book.unsold -= 1;
    if (lines) lines.push({ moment: lastMoment(book), place });
    else book.lines[number] = [{ moment: lastMoment(book), place }];
  }
}

export function viewOf(book: Book, moment: number): View {
  const { rows, capacity, accessible } = plan(book.venue);
  return {
    exists: moment > 0,
    capacity: moment > 0 ? capacity : 0,
    rows,
    accessible,
    place(number) {
      const lines = book.lines[number] ?? [];
      for (let nth = lines.length - 1; nth >= 0; nth--) {
        const line = lines[nth] as Line;
        if (line.moment <= moment) return line.place;
      }
      return undefined;
    },
  };
}

/** The last moment of a version; `undefined` when there never was such a version. */
export function momentOf({ moments }: Book, version: number): number | undefined {
  for (let nth = moments.length - 1; nth >= 0; nth--) if (moments[nth]?.version === version) return nth;
  return undefined;
}

export function placeOf(seat: Seat): Place {
  const { pricePence: pence } = seat;
  if (seat.state === 'open') return { state: 'open', pence, userId: '', holdId: '', since: 0, until: 0 };
  if (seat.state === 'sold') return { state: 'sold', pence, userId: seat.ownerId, holdId: '', since: 0, until: 0 };
  const [since, until] = [seat.heldSince.epochMilliseconds, seat.heldUntil.epochMilliseconds];
  return { state: 'held', pence, userId: seat.holderId, holdId: seat.holdId, since, until };
}

export function isSamePlace(one: Place | undefined, other: Place | undefined): boolean {
  return (
    one?.state === other?.state &&
    one?.pence === other?.pence &&
    one?.userId === other?.userId &&
    one?.holdId === other?.holdId &&
    one?.since === other?.since &&
    one?.until === other?.until
  );
}

type Plan = Pick<View, 'rows' | 'capacity' | 'accessible'>;
const plans = new Map<number, Plan>();

function plan(venue: number): Plan {
  const known = plans.get(venue);
  if (known) return known;
  const { rows, capacity, accessible } = layoutOf(venue);
  const made = { rows, capacity, accessible: new Set([...accessible].flatMap((is, nth) => (is ? [nth + 1] : []))) };
  plans.set(venue, made);
  return made;
}
