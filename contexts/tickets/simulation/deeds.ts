import { type Asked, type Deed, type Wrong, wasReadSince } from './asked.ts';
import { type Book, lastMoment, viewOf } from './book.ts';
import { reasonAgainst, wrongSeats, wrongStates } from './box-office.ts';
import type { Written } from './database.ts';
import type { Place } from './wishes.ts';

export const allOrNothing = 'a request is granted whole or not at all';

/** How the seats that an entry names stand after it, if it is to be believed. */
export function placesAfter(book: Book, { entry, holdId = '' }: Written): (readonly [number, Place])[] {
  const view = viewOf(book, lastMoment(book));
  const { kind, userId = '', hold, pricePence } = entry;
  const [since, until] = [hold?.heldSince.epochMilliseconds ?? 0, hold?.heldUntil.epochMilliseconds ?? 0];
  return entry.numbers.map((number) => {
    const before = view.place(number) as Place;
    const { pence } = before;
    if (kind === 'priced') return [number, { ...before, pence: pricePence ?? 0 }];
    if (kind === 'sold') return [number, { state: 'sold', pence, userId, holdId: '', since: 0, until: 0 }];
    if (kind === 'released') return [number, { state: 'open', pence, userId: '', holdId: '', since: 0, until: 0 }];
    return [number, { state: 'held', pence, userId, holdId, since, until }];
  });
}

/** What is wrong with what is being committed of a wish, if anything; the book is still at the moment before. */
export function judgeDeed(book: Book, asked: Asked, deed: Deed): Wrong | undefined {
  const view = viewOf(book, lastMoment(book));
  const { entry } = deed.written;
  const now = entry.at.epochMilliseconds;
  const broken = brokenBefore(
    deed,
    entry.numbers.map((number) => view.place(number)),
  );
  if (broken) return broken;
  if (asked.deed) return { promise: 'a request is granted once', how: `again ${entry.kind} ${entry.numbers}` };
  if (asked.isAnswered) return { promise: 'a request is answered after it is committed', how: entry.kind };
  if (!wasReadSince(asked, now)) return { promise: 'a request is decided when it is there', how: entry.at.toString() };
  const places = deed.places.map(([, place]) => place);
  const how = wrongSeats(asked.wanted, view, now, entry.numbers);
  if (how) return { promise: allOrNothing, how };
  const reason = reasonAgainst(asked.wanted, view, now);
  if (reason)
    return { promise: 'a request is granted only if nothing speaks against it', how: `granted, not ${reason}` };
  const wrong = wrongStates(asked.wanted, view, now, { numbers: entry.numbers, places }) ?? wrongOrder(deed);
  return wrong === undefined ? undefined : { promise: 'a request is granted as it was asked', how: wrong };
}

function brokenBefore({ written: { entry }, places }: Deed, before: readonly (Place | undefined)[]): Wrong | undefined {
  const [, after] = places[0] ?? [];
  for (const [nth, place] of before.entries()) {
    const how = `seat ${entry.numbers[nth]}, which is ${JSON.stringify(place)}, becomes ${JSON.stringify(after)}`;
    if (place?.state === 'sold' && entry.kind === 'sold') return { promise: 'a seat has one owner', how };
    if (place?.state === 'sold') return { promise: 'a sold seat keeps its buyer and its price', how };
    const isOthers = after?.userId !== '' && place?.state === 'held' && place.userId !== after?.userId;
    if (isOthers && place.until > entry.at.epochMilliseconds) return { promise: 'a hold is kept until its end', how };
  }
  return undefined;
}

function wrongOrder({ written: { entry, order }, places }: Deed): string | undefined {
  if (entry.kind !== 'sold') return order && `there is an order of what was ${entry.kind}`;
  const pence = places.reduce((sum, [, place]) => sum + place.pence, 0);
  const isRight =
    order?.userId === entry.userId && order?.totalPence === pence && `${order.seats}` === `${entry.numbers}`;
  return isRight ? undefined : `the order ${JSON.stringify(order)} should be of ${entry.numbers} for ${pence} pence`;
}
