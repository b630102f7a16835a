import type { Database } from '@ticketbuddy/postgres/database';
import type { Deps } from '@ticketbuddy/runtime';
import { FakeClock } from '@ticketbuddy/testing';
import type { AnnouncedEvent } from './announced-event.ts';
import { rebuild } from './ledger.ts';
import type { Selling } from './planted/selling.ts';
import type { Selection } from './seat.ts';
import { seatsAndLedger } from './store.ts';
import type { DB } from './tables.gen.ts';
import { anEvent, idOf } from './test-builders.ts';
import { type Answer, type Events, type Happening, type History, knownAfter, newEventId } from './test-history.ts';
import type { Operation, SeatName, Show, Step, Wish } from './test-plan.ts';

export type MakeSelling = (deps: Deps<DB>) => Selling;

/** Two shows of their own, a clock of their own, and a way to sell their seats. */
export type Day = {
  readonly db: Database<DB>;
  readonly clock: MovingClock;
  readonly selling: Selling;
  readonly eventIds: Readonly<Record<Show, string>>;
};

/** A clock that moves on by itself once it was looked at so many times. */
class MovingClock extends FakeClock {
  #looks = 0;
  #minutes = 0;

  override now(): Temporal.Instant {
    const now = super.now();
    if (--this.#looks === 0) this.move();
    return now;
  }

  moveAfter(looks: number, minutes: number): void {
    this.#looks = looks;
    this.#minutes = minutes;
  }

  /** Moves on, if it still has to. Answers whether it had. */
  move(): boolean {
    const minutes = this.#minutes;
    this.#minutes = 0;
    this.advance({ minutes });
    return minutes > 0;
  }
}

const venues: Readonly<Record<Show, number>> = { evening: 0, matinee: 1 };
const firstVersion = 5;
const nobodysSeat = '00000000-0000-4000-8000-000000000000';

export function beginDay(db: Database<DB>, makeSelling: MakeSelling): Day {
  const clock = new MovingClock();
  const eventIds = { evening: newEventId('evening'), matinee: newEventId('matinee') };
  return { db, clock, selling: makeSelling({ db, clock }), eventIds };
}

/** Announces both shows. */
export async function openSale(day: Day): Promise<History> {
  const events = [versionOf(day, 'evening', firstVersion), versionOf(day, 'matinee', firstVersion)];
  for (const event of events) await day.selling.applyEvent(event);
  const now = day.clock.now();
  const known: Events = new Map(events.map((event) => [event.id, event]));
  const { seats, ledger } = await look(day);
  return { step: 0, from: now, to: now, happened: [], answers: [], before: seats, after: seats, ledger, known };
}

/** Starts everything in the step at once and looks at the seats when all of it is done. */
export async function perform(day: Day, past: History, { together, minutes, afterLooks }: Step): Promise<History> {
  const from = day.clock.now();
  const span = { step: past.step + 1, from, to: from.add({ minutes }) };
  day.clock.moveAfter(afterLooks, minutes);
  const results = await Promise.allSettled(together.map((operation) => start(day, past, operation, span)));
  const happened = results.map(settledValue).flatMap(byEvent);
  const isLate = day.clock.move();
  if (minutes > 0 && !isLate) happened.push({ act: 'wait', until: span.to });
  const answers = [...past.answers, ...happened.flatMap((one) => ('answers' in one ? one.answers : []))];
  const { seats, ledger } = await look(day);
  return { ...span, happened, answers, before: past.after, after: seats, ledger, known: knownAfter(past) };
}

async function start(
  day: Day,
  past: History,
  operation: Operation,
  span: Pick<Answer, 'step' | 'from' | 'to'>,
): Promise<Happening> {
  if (operation.act === 'announce') {
    const event = versionOf(day, operation.show, operation.version);
    await day.selling.applyEvent(event);
    return { act: 'announce', event };
  }
  const { act, batch } = operation;
  const selections = batch.map((wish) => selectionOf(day, past, wish));
  const outcomes = await (act === 'buy' ? day.selling.purchase(selections) : day.selling.reserve(selections));
  if (outcomes.length !== selections.length) throw new Error('a batch was not answered as often as it asked');
  const answers = outcomes.map((outcome, nth) => ({ ...span, act, selection: selections[nth] as Selection, outcome }));
  return { act, answers };
}

// A batch is no unit to anybody: what it asks of one event may be decided later than what it asks of another.
function byEvent(happening: Happening): Happening[] {
  if (!('answers' in happening)) return [happening];
  const parts = Map.groupBy(happening.answers, ({ selection }) => selection.eventId);
  return [...parts.values()].map((answers) => ({ ...happening, answers }));
}

function selectionOf({ eventIds }: Day, { after }: History, { buyer, show, seats }: Wish): Selection {
  const other = show === 'evening' ? 'matinee' : 'evening';
  const idOfSeat = (eventId: string, wanted: SeatName) =>
    [...after.values()].find(({ eventId: of, number }) => of === eventId && number === wanted)?.id ?? nobodysSeat;
  const seatIds = seats.map((name) =>
    name === 'one of another show' ? idOfSeat(eventIds[other], 1) : idOfSeat(eventIds[show], name),
  );
  return { eventId: eventIds[show], userId: idOf(buyer), seatIds };
}

function versionOf({ eventIds }: Day, show: Show, version: number): AnnouncedEvent {
  return anEvent({ id: eventIds[show], venue: venues[show], version, pricePence: 1_000 + version });
}

async function look({ db, eventIds }: Day) {
  const shows = await Promise.all(
    Object.values(eventIds).map(async (eventId) => {
      const { seats, entries } = await seatsAndLedger(db, eventId);
      return { seats, ledger: [...rebuild(eventId, entries).values()] };
    }),
  );
  return {
    seats: new Map(shows.flatMap(({ seats }) => seats).map((seat) => [seat.id, seat])),
    ledger: new Map(shows.flatMap(({ ledger }) => ledger).map((seat) => [seat.id, seat])),
  };
}

function settledValue<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}
