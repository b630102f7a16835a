import type { House } from '../house.ts';
import type { Made } from '../idempotency.ts';
import { rebuild } from '../ledger.ts';
import type { Decided, Request } from '../request.ts';
import { judgeAnswer } from './answers.ts';
import { type Asked, findMoment, type KeyBook, type Wrong } from './asked.ts';
import { type Book, lastMoment, note, openBook, placeOf, viewOf } from './book.ts';
import { reasonAgainst } from './box-office.ts';
import type { Sale, SaleChange, Witness } from './database.ts';
import { judgeDeed, placesAfter } from './deeds.ts';
import { differentSeat, wrongHouse } from './houses.ts';
import type { Place } from './wishes.ts';

/** What something is about: some seats of an event, or all of them when none is named. */
export type Subject = { readonly eventId: string; readonly seats?: readonly number[] };

/** A promise to buyers that was broken, and by what. */
export type Broken = Wrong & Subject;

/** Told of all that happens, in the order in which it does. */
export type Listener = (subject: Subject, text: () => string) => void;

/** Watches the tables and the answers, and says when they do not go together. Knows the rules in words of its own. */
export class Judge implements Witness {
  /** The first one. */
  broken: Broken | undefined;
  readonly #books = new Map<string, Book>();
  readonly #asked = new Map<Request['rule'], Asked>();
  readonly #keys = new Map<string, KeyBook>();
  readonly #tell: Listener | undefined;

  constructor(listener?: Listener) {
    this.#tell = listener;
  }

  /** The book of an event that is going to be announced. */
  expects(eventId: string, venue: number): Book {
    const book = openBook(eventId, venue);
    this.#books.set(eventId, book);
    return book;
  }

  opened(sale: Sale): void {
    const { eventId, seats } = sale;
    const book = this.#bookOf(eventId);
    for (const { id, number } of seats) book.ids[number] = id;
    note(
      book,
      sale,
      seats.map((seat) => [seat.number, placeOf(seat)] as const),
    );
    this.#tell?.(book, () => `announced with ${seats.length} seats`);
    const isRight = seats.length === viewOf(book, 1).capacity && seats.every(({ state }) => state === 'open');
    if (!isRight) this.break('an event has as many seats as its venue', `it has ${seats.length}`, book);
  }

  /** Of one wish there may be several requests. */
  asks(asked: Asked, request: Request): void {
    this.#asked.set(request.rule, asked);
    this.#tell?.(aboutWish(asked), () => `${asked.name} asks: ${JSON.stringify(asked.wanted)} ${asked.key ?? ''}`);
  }

  /** The wishes with the same key. */
  keyBook(name: string): KeyBook {
    const known = this.#keys.get(name) ?? { asked: [], decision: undefined };
    if (known.asked.length === 0) this.#keys.set(name, known);
    return known;
  }

  changed(change: SaleChange): void {
    const { sale, entries, seats, leaveNoSingle } = change;
    const book = this.#bookOf(sale.eventId);
    const unsoldBefore = book.unsold;
    for (const written of entries) {
      const [{ numbers, kind }, places] = [written.entry, placesAfter(book, written)];
      this.#tell?.({ eventId: book.eventId, seats: numbers }, () => {
        const who = (written.request && this.#asked.get(written.request.rule)?.name) ?? 'the shop';
        return `version ${sale.version}, ${who}: ${kind} ${numbers}, now ${JSON.stringify(places[0]?.[1])}`;
      });
      if (kind !== 'priced') this.#judge(book, places, written);
      note(book, sale, places);
    }
    if (leaveNoSingle !== undefined) note(book, sale, []);
    this.#compare(book, sale, new Set([...seats.map(({ number }) => number), ...entries.flatMap(numbersOf)]));
    this.#judgeSoldOut(book, change, unsoldBefore);
  }

  decided(decisions: Iterable<Made>): void {
    for (const { scope, key, requestHash, refused, answer, eventId } of decisions) {
      const [name, hash] = [`${scope} ${key}`, requestHash.toString('hex')];
      const known = this.keyBook(name);
      if (known.decision) this.break('a key has one answer', `${name} was decided again`, { eventId });
      known.decision = { hash, refused: refused?.code, answer };
      const isExplained = known.asked.some((asked) => {
        if (asked.hash !== hash || asked.isAnswered || (refused && asked.deed)) return false;
        if (!refused) return asked.deed !== undefined || answer === '{}';
        return findMoment(asked, (view, now) => reasonAgainst(asked.wanted, view, now) === refused.code);
      });
      if (!isExplained) this.break('a refusal has a reason', `${name}: ${refused?.code} ${answer}`, { eventId });
    }
  }

  /** What a client is told. */
  answered(asked: Asked, decided: Decided): void {
    this.#tell?.(aboutWish(asked), () => `${asked.name} is answered: ${describe(decided)}`);
    const wrong = judgeAnswer(asked, decided, asked.key === undefined ? undefined : this.keyBook(asked.key));
    if (wrong) this.break(wrong.promise, `${asked.name}: ${wrong.how}`, aboutWish(asked));
    this.#forget(asked);
  }

  /** What a client hears instead of an answer. */
  failed(asked: Asked, error: unknown): void {
    this.#tell?.(aboutWish(asked), () => `${asked.name} fails: ${String(error)}`);
    this.#forget(asked);
  }

  /** A process has shown somebody a house that was asked for when the event was at the `since`th moment. */
  looked(book: Book, since: number, house: House | undefined): void {
    const how = wrongHouse(book, since, house);
    if (how) this.break('a house that is brought up to date equals the table', how, book);
  }

  /** Nobody asks for the event any more. */
  closed(sale: Sale): void {
    const book = this.#bookOf(sale.eventId);
    this.#compare(
      book,
      sale,
      sale.seats.map(({ number }) => number),
    );
    const told = rebuild(sale.eventId, sale.ledger);
    for (const seat of sale.seats) {
      const how = differentSeat(told.get(seat.number), placeOf(seat));
      if (how) this.break('the ledger tells the same as the seats', `rebuilt, ${how}`, book);
    }
  }

  break(promise: string, how: string, { eventId, seats = [] }: Subject): void {
    this.broken ??= { promise, how, eventId, seats };
  }

  #judge(book: Book, places: readonly (readonly [number, Place])[], written: SaleChange['entries'][number]): void {
    const about = { eventId: book.eventId, seats: written.entry.numbers };
    const asked = written.request && this.#asked.get(written.request.rule);
    if (!asked) {
      this.break('what changes was asked for', `${written.entry.kind} ${about.seats}`, about);
      return;
    }
    const deed = { written, places };
    const wrong = judgeDeed(book, asked, deed);
    if (wrong) this.break(wrong.promise, `${asked.name}: ${wrong.how}`, about);
    asked.deed = deed;
  }

  #judgeSoldOut(book: Book, { sale, tellsSoldOut = false }: SaleChange, unsoldBefore: number): void {
    const { unsold } = book;
    const isDue = unsoldBefore > 0 && unsold === 0;
    const isTold = tellsSoldOut && sale.unsold === 0;
    if (isDue !== isTold) this.break('a sell-out is told once', `told: ${isTold}, unsold: ${unsold}`, book);
    if (sale.unsold !== unsold) this.break('unsold seats are counted', `${sale.unsold}, not ${unsold}`, book);
  }

  // The table, against what the ledger has told so far.
  #compare(book: Book, sale: Sale, numbers: Iterable<number>): void {
    const view = viewOf(book, lastMoment(book));
    for (const number of numbers) {
      const place = view.place(number);
      const how = differentSeat(sale.seats[number - 1], place);
      const isSold = place?.state === 'sold';
      const promise = isSold ? 'a sold seat keeps its buyer and its price' : 'the ledger tells the same as the seats';
      if (how) this.break(promise, how, { eventId: book.eventId, seats: [number] });
    }
  }

  #forget(asked: Asked): void {
    asked.isAnswered = true;
    asked.clerk.running.delete(asked);
  }

  #bookOf(eventId: string): Book {
    return this.#books.get(eventId) ?? this.expects(eventId, 0);
  }
}

function numbersOf({ entry }: SaleChange['entries'][number]): readonly number[] {
  return entry.numbers;
}

function aboutWish({ wanted, deed, book: { eventId } }: Asked): Subject {
  return { eventId, seats: deed?.written.entry.numbers ?? ('seats' in wanted ? wanted.seats : []) };
}

function describe(decided: Decided): string {
  if ('refused' in decided) return decided.refused.code;
  return 'told' in decided ? `again ${JSON.stringify(decided.told)}` : decided.kind;
}
