import { capacityOf } from './announced-event.ts';
import type { Seat } from './seat.ts';
import { buyerOf } from './test-builders.ts';
import { type Answer, describeAnswer, describeSeat, type History, knownAfter, nameSeat } from './test-history.ts';
import { someOrderExplains } from './test-serial-order.ts';

/** What must hold after every step. Each answers what is wrong, or `undefined`. */
export type Invariant = (history: History) => string | undefined;

/** In the order in which they are looked at: first what buyers were promised. */
export const invariants: Readonly<Record<string, Invariant>> = {
  'a seat has at most one owner': seatsOfTwoOwners,
  'a sold seat keeps its buyer and its price': salesNotKept,
  'a hold belongs to one user': seatsOfTwoHolders,
  'a refused request changes nothing': changesNobodyWasGranted,
  'a reservation holds all of its seats until its end': holdsNotKept,
  'an event has as many seats as its venue': seatsTooManyOrTooFew,
  'an unsold seat has the price of the newest version': oldPrices,
  'the ledger tells the same as the seats': seatsThatTheLedgerDeniesOrMisses,
  'the answers are those of one request after the other': answersWithoutOrder,
};

type Grant = Pick<Answer, 'step' | 'act' | 'from' | 'to'> & { readonly seat: Seat; readonly userId: string };

function seatsOfTwoOwners(history: History) {
  const sales = grantsOf(history).filter(({ act }) => act === 'buy');
  return first(pairs(sales), ([one, other]) => `${nameSeat(one.seat)} was sold ${to(one)} and ${to(other)}`);
}

function salesNotKept(history: History) {
  const sales = grantsOf(history).filter(({ act }) => act === 'buy');
  return first(sales, (sale) => {
    const now = history.after.get(sale.seat.id);
    const kept = now?.state === 'sold' && now.ownerId === sale.userId && now.pricePence === sale.seat.pricePence;
    return kept
      ? undefined
      : `${nameSeat(sale.seat)}, sold ${to(sale)} for ${sale.seat.pricePence} pence, is now ${describeSeat(now)}`;
  });
}

function seatsOfTwoHolders(history: History) {
  return first(pairs(grantsOf(history)), ([one, other]) => {
    const overlap = (one.act === 'reserve' && lasts(one, other)) || (other.act === 'reserve' && lasts(other, one));
    if (one.userId === other.userId || !overlap) return undefined;
    return `${nameSeat(one.seat)} was promised ${to(one)} (${one.act}) and ${to(other)} (${other.act}) within 15 min`;
  });
}

function changesNobodyWasGranted(history: History) {
  const granted = grantsOf(history).filter(({ step }) => step === history.step);
  return first(history.after.values(), (now) => {
    const before = history.before.get(now.id);
    if (describeSeat(unpriced(now)) === describeSeat(unpriced(before))) return undefined;
    const isGranted = granted.some(({ act, seat, userId }) => seat.id === now.id && isState(now, act, userId));
    return isGranted ? undefined : `nobody was granted this: ${describeSeat(now)}`;
  });
}

function holdsNotKept(history: History) {
  const grants = grantsOf(history);
  const last = grants.filter((grant) => !grants.some((other) => isAbout(grant, other) && other.step >= grant.step));
  return first(last, ({ seat: told, userId }) => {
    const now = history.after.get(told.id);
    if (told.state !== 'held' || !isBefore(history.to, told.heldUntil)) return undefined;
    const kept = now?.state === 'held' && now.holderId === userId && !isBefore(now.heldUntil, told.heldUntil);
    return kept ? undefined : `what was told as ${describeSeat(told)} is now ${describeSeat(now)}`;
  });
}

function seatsTooManyOrTooFew({ after, known }: History) {
  return first(known.values(), (event) => {
    const seats = [...after.values()].filter(({ eventId }) => eventId === event.id);
    const numbers = new Set(seats.map(({ number }) => number));
    const capacity = capacityOf(event);
    if (seats.length === capacity && numbers.size === capacity && Math.max(...numbers) === capacity) return undefined;
    return `venue ${event.venue} has ${capacity} seats, the event ${seats.length}`;
  });
}

function oldPrices(history: History) {
  const events = knownAfter(history);
  return first(history.after.values(), (seat) => {
    const event = events.get(seat.eventId);
    if (seat.state === 'sold' || seat.pricePence === event?.pricePence) return undefined;
    return `version ${event?.version} costs ${event?.pricePence} pence, but there is ${describeSeat(seat)}`;
  });
}

function seatsThatTheLedgerDeniesOrMisses({ after, ledger }: History) {
  return first(new Set([...after.keys(), ...ledger.keys()]), (id) => {
    const [seat, told] = [describeSeat(after.get(id)), describeSeat(ledger.get(id))];
    return seat === told ? undefined : `the table has ${seat}, the ledger ${told}`;
  });
}

function answersWithoutOrder({ before, after, known, from, happened, answers, step }: History) {
  if (someOrderExplains({ seats: before, events: known, now: from }, happened, after)) return undefined;
  const told = answers.filter((answer) => answer.step === step).map((answer) => describeAnswer(answer, after));
  return `no order of the requests gives all of this: ${told.join('; ')}`;
}

// What buyers were told they have, a seat each, oldest first.
function grantsOf({ answers, before }: History): Grant[] {
  return answers.flatMap(({ step, act, from, to, selection: { userId, seatIds }, outcome }) => {
    if ('refused' in outcome) return [];
    return [...new Set(seatIds)].flatMap((id) => {
      const seat = outcome.seats.find((told) => told.id === id) ?? before.get(String(id));
      return seat ? [{ step, act, from, to, userId, seat }] : [];
    });
  });
}

function pairs(grants: readonly Grant[]): [Grant, Grant][] {
  return grants.flatMap((one, nth) =>
    grants.slice(nth + 1).flatMap((other): [Grant, Grant][] => (isAbout(one, other) ? [[one, other]] : [])),
  );
}

function isAbout(one: Grant, other: Grant): boolean {
  return one !== other && one.seat.id === other.seat.id;
}

// Whether the hold was in force for sure when the other grant, of the same step or a later one, was made.
function lasts(hold: Grant, other: Grant): boolean {
  return other.step >= hold.step && isBefore(other.to, endOf(hold));
}

// At the earliest, for a hold may have been granted as soon as its step began.
function endOf({ from }: Grant): Temporal.Instant {
  return from.add({ minutes: 15 });
}

function isBefore(one: Temporal.Instant, other: Temporal.Instant): boolean {
  return Temporal.Instant.compare(one, other) < 0;
}

function isState(seat: Seat, act: Answer['act'], userId: string): boolean {
  if (seat.state === 'sold') return act === 'buy' && seat.ownerId === userId;
  return seat.state === 'held' && act === 'reserve' && seat.holderId === userId;
}

function unpriced(seat: Seat | undefined): Seat | undefined {
  return seat && { ...seat, pricePence: 0 };
}

function to({ userId }: Grant): string {
  return `to ${buyerOf(userId)}`;
}

function first<T>(all: Iterable<T>, wrong: (one: T) => string | undefined): string | undefined {
  for (const one of all) {
    const message = wrong(one);
    if (message !== undefined) return message;
  }
  return undefined;
}
