import type { House } from '../house.ts';
import type { Seat } from '../seat.ts';
import { type Book, isSamePlace, momentOf, placeOf, viewOf } from './book.ts';
import type { Place } from './wishes.ts';

/** What is wrong with a house that was asked for when the event was at the `since`th moment, if anything. */
export function wrongHouse(book: Book, since: number, house: House | undefined): string | undefined {
  const moment = house ? momentOf(book, house.version) : 0;
  if (moment === undefined || moment < since) return `it is at version ${house?.version}`;
  if (!house) return undefined;
  const view = viewOf(book, moment);
  const different = house.seats.flatMap((seat) => differentSeat(seat, view.place(seat.number)) ?? []);
  if (different.length > 0) return different[0];
  const unsold = house.seats.filter(({ state }) => state !== 'sold').length;
  if (house.unsold !== unsold) return `it has ${unsold} unsold seats and counts ${house.unsold}`;
  const { leaveNoSingle } = book.moments[moment] ?? {};
  return house.leaveNoSingle === leaveNoSingle ? undefined : `it may leave single seats: ${leaveNoSingle}`;
}

/** How a seat differs from how it should be, if it does. */
export function differentSeat(seat: Seat | undefined, place: Place | undefined): string | undefined {
  const is = seat && placeOf(seat);
  if (isSamePlace(is, place)) return undefined;
  return `seat ${seat?.number} is ${JSON.stringify(is)}, not ${JSON.stringify(place)}`;
}
