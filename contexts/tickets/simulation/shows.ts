import { type AnnouncedEvent, firstSeats, repriced } from '../announced-event.ts';
import { type Book, lastMoment } from './book.ts';
import type { ModelDatabase, Sale, SaleChange, Transaction } from './database.ts';
import type { Judge } from './judge.ts';
import type { Plant } from './office.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** What the shop does to its events, beside the sale. */
export type Shows = {
  readonly open: Show[];
  /** Announces one more event, which comes on sale some time later. */
  announce(): void;
  changePrice(show: Show): void;
  changePolicy(show: Show): void;
  /** Takes it from the list; nobody asks for it any more. */
  close(show: Show): void;
};

export type Show = { readonly book: Book; event: AnnouncedEvent };

type Parts = {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly database: ModelDatabase;
  readonly judge: Judge;
  readonly plant: Plant;
};

export function createShows({ random, scheduler, database, judge, plant }: Parts): Shows {
  const open: Show[] = [];
  let announced = 0;
  const { later } = scheduler;
  return { open, announce, changePrice, changePolicy, close };

  function announce(): void {
    announced += 1;
    const [eventId, venue] = [
      `0000${announced.toString(16).padStart(4, '0')}-0000-4000-8000-000000000000`,
      random.below(10),
    ];
    const show = { book: judge.expects(eventId, venue), event: anEvent(eventId, venue) };
    open.push(show);
    later(() => {
      const seats = firstSeats(show.event);
      const sale: Sale = {
        ...{
          eventId,
          venue,
          version: 1_000,
          unsold: seats.length,
          soldOutVersion: 0,
          leaveNoSingle: true,
          announced: 1,
        },
        ...{ seats, ledger: firstEntries(show.event, seats), lockedBy: undefined, waiting: [] },
      };
      database.sales.set(eventId, sale);
      judge.opened(sale);
    });
  }

  function changePrice(show: Show): void {
    const { version = 0 } = show.event;
    show.event = { ...show.event, pricePence: 1_000 + 100 * random.below(5), version: version + 1 };
    const { event } = show;
    const asRead = plant.pricesWithoutLock ? database.sales.get(event.id)?.seats.slice() : undefined;
    locked(show, (sale) => {
      if ((event.version ?? 0) <= sale.announced) return undefined;
      const seats = repriced(asRead ?? sale.seats, event);
      const numbers = seats.map(({ number }) => number);
      const entry = { ...noEntry(scheduler), kind: 'priced' as const, numbers, pricePence: event.pricePence };
      const entries = seats.length > 0 ? [{ entry }] : [];
      return { sale, entries, seats, announced: event.version ?? 0 };
    });
  }

  function changePolicy(show: Show): void {
    locked(show, (sale) => ({ sale, entries: [], seats: [], leaveNoSingle: !sale.leaveNoSingle }));
  }

  function locked({ book }: Show, work: (sale: Sale) => SaleChange | undefined): void {
    later(() => {
      const [sale, tx] = [database.sales.get(book.eventId), database.begin()];
      if (sale) database.lock(tx, sale, () => later(() => change(tx, work(sale))));
    });
  }

  function change(tx: Transaction, made: SaleChange | undefined): void {
    if (made) tx.changes.push(made);
    later(() => (random.chance(0.05) ? database.rollback(tx) : database.commit(tx)));
  }

  function close(show: Show): void {
    open.splice(open.indexOf(show), 1);
    const sale = database.sales.get(show.book.eventId);
    if (sale && lastMoment(show.book) > 0) judge.closed(sale);
  }
}

function firstEntries({ pricePence }: AnnouncedEvent, seats: Sale['seats']): Sale['ledger'] {
  const [numbers, seatIds] = [seats.map(({ number }) => number), seats.map(({ id }) => id)];
  const at = Temporal.Instant.fromEpochMilliseconds(0);
  const nobody = { userId: undefined, hold: undefined };
  return [{ version: 1_000, nth: 0, kind: 'created', numbers, seatIds, pricePence, ...nobody, at }];
}

function noEntry({ time }: Scheduler) {
  const at = Temporal.Instant.fromEpochMilliseconds(time.wallMs);
  return { nth: 0, seatIds: undefined, userId: undefined, hold: undefined, at };
}

function anEvent(id: string, venue: number): AnnouncedEvent {
  const [startsAt, endsAt] = ['2026-07-01T19:00:00Z', '2026-07-01T22:00:00Z'].map((time) =>
    Temporal.Instant.from(time),
  );
  const when = { startsAt, endsAt, sentAt: startsAt } as Pick<AnnouncedEvent, 'startsAt' | 'endsAt' | 'sentAt'>;
  return { id, name: 'Show', venue, pricePence: 1_000, version: 1, ...when };
}
