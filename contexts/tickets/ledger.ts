import { type Hold, placeOf, type Seat, type SeatState } from './seat.ts';

export type LedgerKind = 'created' | 'priced' | 'held' | 'extended' | 'released' | 'sold';

/** What was done to some seats of an event, in one go. */
export type LedgerEntry = {
  readonly version: number;
  readonly nth: number;
  readonly kind: LedgerKind;
  readonly numbers: readonly number[];
  /** Of `created` seats, as many as numbers. */
  readonly seatIds: readonly string[] | undefined;
  /** Of `created` and `priced` seats. */
  readonly pricePence: number | undefined;
  readonly userId: string | undefined;
  /** Of `held` and `extended` seats. */
  readonly hold: Hold | undefined;
  readonly at: Temporal.Instant;
};

/** The seats as the entries, applied in their order, leave them. */
export function rebuild(eventId: string, entries: readonly LedgerEntry[]): Map<number, Seat> {
  const seats = new Map<number, Seat>();
  for (const entry of entries) {
    entry.numbers.forEach((number, nth) => {
      const seat = entry.kind === 'created' ? created(eventId, entry, nth) : seats.get(number);
      if (seat) seats.set(number, seatAfter(seat, entry));
    });
  }
  return seats;
}

/** The seat as it is once the entry, which names it, has been written. */
export function seatAfter(seat: Seat, entry: LedgerEntry): Seat {
  if (entry.kind === 'priced') return { ...seat, pricePence: entry.pricePence ?? 0 };
  return { ...placeOf(seat), ...stateAfter(entry) };
}

function created(eventId: string, { numbers, seatIds, pricePence }: LedgerEntry, nth: number): Seat {
  return { eventId, number: numbers[nth] ?? 0, id: seatIds?.[nth] ?? '', pricePence: pricePence ?? 0, state: 'open' };
}

function stateAfter({ kind, userId, hold, at }: LedgerEntry): SeatState {
  if (kind === 'sold' && userId) return { state: 'sold', ownerId: userId, soldAt: at };
  if ((kind === 'held' || kind === 'extended') && userId && hold) return { state: 'held', holderId: userId, ...hold };
  return { state: 'open' };
}
