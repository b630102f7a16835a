import type { Granted, Judged } from '../batch.ts';
import { idOf, type Made } from '../idempotency.ts';
import type { LedgerEntry } from '../ledger.ts';
import type { Order } from '../order.ts';
import type { Request } from '../request.ts';
import type { FencedEvent } from '../sales-store.ts';
import type { Hold, Seat } from '../seat.ts';

/** What the tables know of the sale of one event. */
export type Sale = {
  readonly eventId: string;
  readonly venue: number;
  version: number;
  unsold: number;
  soldOutVersion: number;
  leaveNoSingle: boolean;
  /** The version of the announcement that its prices come from. */
  announced: number;
  readonly seats: Seat[];
  readonly ledger: LedgerEntry[];
  lockedBy: Transaction | undefined;
  readonly waiting: (() => void)[];
};

export type Transaction = {
  readonly locked: Set<Sale>;
  readonly keys: Map<string, Made>;
  readonly changes: SaleChange[];
  readonly afterwards: (() => void)[];
  isOver: boolean;
};

/** What a transaction does to one event. */
export type SaleChange = {
  readonly sale: Sale;
  readonly entries: readonly Written[];
  /** The rows of the seats as they are from then on. */
  readonly seats: readonly Seat[];
  readonly sold?: number;
  readonly leaveNoSingle?: boolean;
  readonly announced?: number;
  /** Whether the other contexts are told that the last seat is sold. */
  readonly tellsSoldOut?: boolean;
};

export type Written = {
  readonly entry: Omit<LedgerEntry, 'version'>;
  readonly request?: Request;
  readonly order?: Order | undefined;
  readonly holdId?: string | undefined;
};

/** Hears of everything that is committed, in the moment in which it is. */
export type Witness = {
  changed(change: SaleChange): void;
  decided(decisions: Iterable<Made>): void;
};

type Done = (error: Error | undefined, current: ReadonlySet<string>) => void;

/** What the statements refuse of a request by this user, whatever else is in them. */
export const poisonous = 'a user whose id cannot be read';

/**
 * A model of the database as the sale uses it: READ COMMITTED, row locks that are waited for in order or skipped, unique
 * keys that wait for an undecided transaction. It has none of the guards that the real one has beside its locks, so that
 * what these would stop is seen.
 */
export class ModelDatabase {
  readonly sales = new Map<string, Sale>();
  readonly keys = new Map<string, Made>();
  readonly #undecided = new Map<string, Transaction>();
  readonly #witness: Witness;

  constructor(witness: Witness) {
    this.#witness = witness;
  }

  begin(): Transaction {
    return { locked: new Set(), keys: new Map(), changes: [], afterwards: [], isOver: false };
  }

  /** Locks the event for the transaction, as soon as all who came before are done. */
  lock(tx: Transaction, sale: Sale, then: () => void): void {
    if (sale.lockedBy && sale.lockedBy !== tx) sale.waiting.push(() => this.lock(tx, sale, then));
    else if (tx.isOver) wakeNext(sale);
    else {
      sale.lockedBy = tx;
      tx.locked.add(sale);
      then();
    }
  }

  /** One statement: see `writeBatch`. `done` may be called later, when it had to wait for a key. */
  write(tx: Transaction, judged: Judged, events: readonly FencedEvent[], done: Done): void {
    const current = this.#fence(tx, events);
    const isUnreadable = judged.granted.some(({ change }) => change.userId === poisonous);
    const named = new Set(events.map(({ eventId }) => eventId));
    const decisions = judged.decisions.filter(({ eventId }) => current.has(eventId) || !named.has(eventId));
    this.#claim(tx, isUnreadable ? [] : decisions.sort(byName), (keyError) => {
      const error = isUnreadable ? unreadable() : keyError;
      if (!error) tx.changes.push(...this.#changesOf(judged, events, current));
      done(error, current);
    });
  }

  commit(tx: Transaction): void {
    for (const change of tx.changes) {
      apply(change);
      this.#witness.changed(change);
    }
    for (const [name, decision] of tx.keys) this.keys.set(name, decision);
    if (tx.keys.size > 0) this.#witness.decided(tx.keys.values());
    this.#end(tx);
  }

  rollback(tx: Transaction): void {
    if (!tx.isOver) this.#end(tx);
  }

  #fence(tx: Transaction, events: readonly FencedEvent[]): Set<string> {
    const current = new Set<string>();
    for (const { eventId, version } of events) {
      const sale = this.sales.get(eventId);
      if (sale?.version !== version || (sale.lockedBy && sale.lockedBy !== tx)) continue;
      current.add(eventId);
      this.lock(tx, sale, () => {});
    }
    return current;
  }

  // A key that an undecided transaction has is waited for.
  #claim(tx: Transaction, decisions: readonly Made[], then: (error: Error | undefined) => void): void {
    if (tx.isOver) return;
    for (const decision of decisions) {
      const name = idOf(decision);
      const holder = this.#undecided.get(name) ?? tx;
      if (this.keys.has(name) || holder !== tx) break;
      this.#undecided.set(name, tx);
      tx.keys.set(name, decision);
    }
    const missing = decisions.find((decision) => !tx.keys.has(idOf(decision)));
    const other = missing && this.#undecided.get(idOf(missing));
    if (other) other.afterwards.push(() => this.#claim(tx, decisions, then));
    else then(missing && keyTaken());
  }

  #changesOf(judged: Judged, events: readonly FencedEvent[], current: ReadonlySet<string>): SaleChange[] {
    return events.flatMap(({ eventId, moves, sold, soldOut }) => {
      const sale = this.sales.get(eventId);
      if (!sale || !moves || !current.has(eventId)) return [];
      const granted = judged.granted.filter(({ request }) => request.eventId === eventId);
      const seats = granted.flatMap(({ change }) => change.seats);
      const entries = granted.map((one, nth) => entryOf(one, nth, judged.now));
      return { sale, entries, seats: seats.map(keepingPrice(sale)), sold, tellsSoldOut: soldOut };
    });
  }

  #end(tx: Transaction): void {
    tx.isOver = true;
    for (const name of tx.keys.keys()) if (this.#undecided.get(name) === tx) this.#undecided.delete(name);
    for (const sale of tx.locked) {
      sale.lockedBy = undefined;
      wakeNext(sale);
    }
    for (const goOn of tx.afterwards) goOn();
  }
}

function wakeNext(sale: Sale): void {
  if (!sale.lockedBy) sale.waiting.shift()?.();
}

function entryOf({ request, change }: Granted, nth: number, at: Temporal.Instant): Written {
  const { kind, userId, seats, holdId, order } = change;
  const [first] = seats;
  const hold = first?.state === 'held' ? holdIn(first) : undefined;
  const numbers = seats.map(({ number }) => number);
  const entry = { nth, kind, numbers, seatIds: undefined, pricePence: undefined, userId, hold, at };
  return { entry, request, order, holdId: hold?.holdId ?? holdId };
}

function apply({ sale, entries, seats, sold = 0, leaveNoSingle, announced }: SaleChange): void {
  if (entries.length > 0 || leaveNoSingle !== undefined) sale.version += 1;
  sale.unsold -= sold;
  if (sold > 0 && sale.unsold === 0) sale.soldOutVersion += 1;
  sale.leaveNoSingle = leaveNoSingle ?? sale.leaveNoSingle;
  sale.announced = announced ?? sale.announced;
  for (const seat of seats) sale.seats[seat.number - 1] = seat;
  for (const { entry } of entries) sale.ledger.push({ ...entry, version: sale.version });
}

function keepingPrice({ seats }: Sale): (seat: Seat) => Seat {
  return (seat) => ({ ...seat, pricePence: seats[seat.number - 1]?.pricePence ?? 0 });
}

// In one order, so that no two transactions wait for each other.
function byName(one: Made, other: Made): number {
  return idOf(one) < idOf(other) ? -1 : 1;
}

function holdIn({ holdId, heldSince, heldUntil }: Hold): Hold {
  return { holdId, heldSince, heldUntil };
}

function keyTaken(): Error {
  return Object.assign(new Error('duplicate key'), { code: '23505', constraint: 'idempotency_pkey' });
}

function unreadable(): Error {
  return Object.assign(new Error('invalid input syntax for type uuid'), { code: '22P02' });
}
