import type { Refusal } from '@ticketbuddy/errors';
import type { Change, Decided, Told } from '../request.ts';
import { type Asked, findMoment, type KeyBook, type Wrong } from './asked.ts';
import { isSamePlace, placeOf } from './book.ts';
import { isTaken, reasonAgainst } from './box-office.ts';
import { allOrNothing } from './deeds.ts';
import type { View } from './wishes.ts';

/** What is wrong with an answer, if anything. */
export function judgeAnswer(asked: Asked, decided: Decided, key: KeyBook | undefined): Wrong | undefined {
  if ('refused' in decided) return judgeRefusal(asked, decided.refused, key);
  if ('told' in decided) return judgeRepeat(asked, decided.told, key);
  return decided.seats.length === 0 ? judgeNothing(asked) : judgeGrant(asked, decided, key);
}

function judgeRefusal(asked: Asked, refused: Refusal, key: KeyBook | undefined): Wrong | undefined {
  const { code } = refused;
  if (asked.deed) return { promise: 'a refused request changes nothing', how: `${code}, but it was granted` };
  if (code === 'overloaded') return undefined;
  const how = `there was no reason for ${code}`;
  const wrong = { promise: 'a refusal has a reason', how };
  if (code === 'attempt_running') return asked.isDoubled ? undefined : wrong;
  if (!key) return isReason(asked, refused) ? undefined : wrong;
  const { decision } = key;
  const due = decision?.hash === asked.hash ? decision?.refused : decision && 'key_reused';
  return code === due ? undefined : { promise: 'a key has one answer', how: `${code}, but it was decided: ${due}` };
}

function isReason(asked: Asked, { code, details }: Refusal): boolean {
  return findMoment(
    asked,
    (view, now) =>
      reasonAgainst(asked.wanted, view, now) === code && (code !== 'seats_taken' || isTold(asked, view, now, details)),
  );
}

type Taken = { readonly taken: readonly { readonly seat: number; readonly because: string }[] };

// Which seats are taken, and as many others that are not; none only if there are not so many.
function isTold({ wanted }: Asked, view: View, now: number, details: Refusal['details']): boolean {
  if (!('seats' in wanted)) return false;
  const { userId, seats } = wanted;
  const { taken, alternative } = details as Taken & { readonly alternative: readonly number[] | null };
  const due = seats.flatMap((number) => {
    const place = view.place(number);
    const isOthers = place?.state === 'sold' || (isTaken(place, now) && place?.userId !== userId);
    return isOthers ? [`${number} ${place?.state}`] : [];
  });
  if (`${due}` !== `${taken.map(({ seat, because }) => `${seat} ${because}`)}`) return false;
  const free = Array.from({ length: view.capacity }, (_, nth) => nth + 1).filter(
    (number) => !isTaken(view.place(number), now),
  );
  if (alternative) return alternative.length === seats.length && alternative.every((number) => free.includes(number));
  return free.length < seats.length || seats.some((number) => view.accessible.has(number));
}

function judgeRepeat(asked: Asked, told: Told, key: KeyBook | undefined): Wrong | undefined {
  const { decision } = key ?? {};
  const isSame = decision?.hash === asked.hash && decision?.refused === undefined;
  if (isSame && decision?.answer === JSON.stringify(told)) return undefined;
  return { promise: 'a key has one answer', how: `told ${JSON.stringify(told)}, decided ${JSON.stringify(decision)}` };
}

// Without seats there is nothing to commit.
function judgeNothing(asked: Asked): Wrong | undefined {
  const { wanted } = asked;
  const isNothing = findMoment(asked, (view, now) => {
    if ('seats' in wanted) return wanted.seats.length === 0 && reasonAgainst(wanted, view, now) === undefined;
    if (wanted.act !== 'release') return false;
    return !Array.from({ length: view.capacity }, (_, nth) => view.place(nth + 1)).some(
      (place) => place?.state === 'held' && place.holdId === wanted.holdId,
    );
  });
  return isNothing ? undefined : { promise: allOrNothing, how: 'granted, but nothing was given' };
}

function judgeGrant(asked: Asked, { kind, seats, order }: Change, key: KeyBook | undefined): Wrong | undefined {
  const { deed } = asked;
  if (!deed) return { promise: 'what is acknowledged is there', how: `${kind}, but it was not committed` };
  const { written, places } = deed;
  const isTrue =
    written.entry.kind === kind &&
    written.order?.id === order?.id &&
    places.length === seats.length &&
    seats.every((seat, nth) => seat.number === places[nth]?.[0] && isSamePlace(placeOf(seat), places[nth]?.[1]));
  if (!isTrue) return { promise: 'what is acknowledged is there', how: `told other than ${JSON.stringify(places[0])}` };
  if (!key || key.decision?.answer?.includes(order?.id ?? places[0]?.[1].holdId ?? '')) return undefined;
  return { promise: 'a key has one answer', how: `nothing was kept of it: ${key.decision?.answer}` };
}
