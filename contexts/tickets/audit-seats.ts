import type { Deps } from '@ticketbuddy/runtime';
import type { Seat, SeatState } from './seat.ts';
import { eventIdsAfter, type LedgerEntry, seatsAndLedger } from './store.ts';
import type { DB } from './tables.gen.ts';

/** A seat whose row is not what the ledger says. `undefined`: not there. */
export type AuditFinding = {
  readonly eventId: string;
  readonly number: number;
  readonly table: Seat | undefined;
  readonly ledger: Seat | undefined;
};

export type AuditPage = {
  readonly events: number;
  readonly seats: number;
  readonly findings: readonly AuditFinding[];
  /** Ask again with it for the next page; `undefined` after the last one. */
  readonly next: string | undefined;
};

const pageSize = 100;
const beforeAllEvents = '00000000-0000-0000-0000-000000000000';

/** Rebuilds the seats of up to 100 events from the ledger and compares them with the table, field by field. */
export async function auditSeats({ db }: Pick<Deps<DB>, 'db'>, after = beforeAllEvents): Promise<AuditPage> {
  const eventIds = await eventIdsAfter(db, after, pageSize);
  const findings: AuditFinding[] = [];
  let count = 0;
  for (const eventId of eventIds) {
    const { seats, entries } = await seatsAndLedger(db, eventId);
    count += seats.length;
    findings.push(...differences(eventId, seats, rebuild(eventId, entries)));
  }
  return {
    events: eventIds.length,
    seats: count,
    findings,
    next: eventIds.length === pageSize ? eventIds.at(-1) : undefined,
  };
}

/** The seats as the entries, applied in their order, leave them. */
export function rebuild(eventId: string, entries: readonly LedgerEntry[]): Map<number, Seat> {
  const seats = new Map<number, Seat>();
  for (const entry of entries) {
    entry.numbers.forEach((number, nth) => {
      const seat = entry.kind === 'created' ? created(eventId, entry, nth) : seats.get(number);
      if (seat) seats.set(number, apply(seat, entry));
    });
  }
  return seats;
}

function created(eventId: string, { numbers, seat_ids, price_pence }: LedgerEntry, nth: number): Seat {
  return { eventId, number: numbers[nth] ?? 0, id: seat_ids?.[nth] ?? '', pricePence: price_pence ?? 0, state: 'open' };
}

function apply(seat: Seat, entry: LedgerEntry): Seat {
  const { eventId, number, id, pricePence } = seat;
  if (entry.kind === 'priced') return { ...seat, pricePence: entry.price_pence ?? 0 };
  return { eventId, number, id, pricePence, ...stateAfter(entry) };
}

function stateAfter({ kind, user_id, held_until, at }: LedgerEntry): SeatState {
  if (kind === 'held' && user_id && held_until) return { state: 'held', holderId: user_id, heldUntil: held_until };
  if (kind === 'sold' && user_id) return { state: 'sold', ownerId: user_id, soldAt: at };
  return { state: 'open' };
}

function differences(eventId: string, seats: readonly Seat[], rebuilt: ReadonlyMap<number, Seat>): AuditFinding[] {
  const table = new Map(seats.map((seat) => [seat.number, seat]));
  const numbers = new Set([...table.keys(), ...rebuilt.keys()]);
  return [...numbers]
    .map((number) => ({ eventId, number, table: table.get(number), ledger: rebuilt.get(number) }))
    .filter((finding) => canonical(finding.table) !== canonical(finding.ledger));
}

function canonical(seat: Seat | undefined): string {
  return JSON.stringify(seat && Object.entries(seat).map(String).sort());
}
