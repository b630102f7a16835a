import { createDatabase } from '@ticketbuddy/postgres/database';
import { auditSeats } from '@ticketbuddy/tickets';
import type pg from 'pg';
import type { Hold, Records, Sale } from './selling-records.ts';
import { type EventState, type LedgerRow, readState, type SeatRow } from './selling-state.ts';

/**
 * Compares what buyers were told with the tables, both ways, and the seats with the ledger, for every event of which
 * something was told since the last audit. Answers a sentence for each violation. Only while nothing is being sold.
 */
export async function auditTouched(pool: pg.Pool, records: Records): Promise<string[]> {
  const touched = records.takeTouched();
  const told = tellingsOf(records, new Set(touched));
  const violations = records.takeWrong();
  for (const eventId of touched) {
    const state = await readState(pool, eventId);
    violations.push(...violationsOf(told.get(eventId) ?? nothingTold(), state).map((what) => `${what} (${eventId})`));
  }
  return violations;
}

/** The shop's own audit, of every event: it rebuilds all seats from the ledger and compares them, field by field. */
export async function auditLedger(pool: pg.Pool): Promise<string[]> {
  const violations: string[] = [];
  let next: string | undefined;
  do {
    const page = await auditSeats({ db: createDatabase(pool) }, next);
    violations.push(...page.findings.map(({ eventId, number }) => `seat ${number} is unlike the ledger (${eventId})`));
    next = page.next;
  } while (next !== undefined);
  return violations;
}

/** What was told of one event. */
type Told = { readonly holds: Hold[]; readonly sales: Sale[] };

function nothingTold(): Told {
  return { holds: [], sales: [] };
}

function tellingsOf(records: Records, eventIds: ReadonlySet<string>): Map<string, Told> {
  const told = new Map([...eventIds].map((id) => [id, nothingTold()]));
  for (const hold of records.holds) told.get(hold.eventId)?.holds.push(hold);
  for (const sale of records.sales) told.get(sale.eventId)?.sales.push(sale);
  return told;
}

function violationsOf(told: Told, state: EventState): string[] {
  return [
    ...grantedTwice(told),
    ...seatsNotAsTold(told, state),
    ...ordersNotAsTold(told, state),
    ...countsNotAsTold(told, state),
    ...seatsUnlikeLedger(state),
    ...wrongTotals(state),
  ];
}

function grantedTwice({ holds, sales }: Told): string[] {
  const buyers = new Map<number, Set<string>>();
  for (const { userId, seats } of [...holds, ...sales]) {
    for (const seat of seats) {
      const known = buyers.get(seat);
      if (known) known.add(userId);
      else buyers.set(seat, new Set([userId]));
    }
  }
  return [...buyers]
    .filter(([, { size }]) => size > 1)
    .map(([seat, users]) => `seat ${seat} was granted to ${[...users].join(' and to ')}`);
}

function seatsNotAsTold(told: Told, { seats, ledger }: EventState): string[] {
  const expected = expectedSeats(told);
  const last = lastEntries(ledger);
  const rows = new Map(seats.map((row) => [row.number, describeRow(row, last.get(row.number))]));
  return [...new Set([...expected.keys(), ...rows.keys()])].flatMap((seat) => {
    const [one, other] = [expected.get(seat) ?? 'free', rows.get(seat) ?? 'free'];
    return one === other ? [] : [`seat ${seat} was told to be ${one}, and is ${other}`];
  });
}

function lastEntries(ledger: readonly LedgerRow[]): Map<number, LedgerRow> {
  return new Map(ledger.flatMap((entry) => entry.numbers.map((number) => [number, entry] as const)));
}

function expectedSeats({ holds, sales }: Told): Map<number, string> {
  const expected = new Map<number, string>();
  for (const { seats, userId, holdId } of holds) for (const seat of seats) expected.set(seat, heldBy(userId, holdId));
  for (const { seats, userId } of sales) for (const seat of seats) expected.set(seat, soldTo(userId));
  return expected;
}

// Who holds a seat is a matter of the ledger alone.
function describeRow({ owner_id }: SeatRow, last: LedgerRow | undefined): string {
  if (owner_id !== null) return soldTo(owner_id);
  return last?.kind === 'held' || last?.kind === 'extended' ? heldBy(last.user_id ?? '', last.hold_id ?? '') : 'free';
}

function heldBy(userId: string, holdId: string): string {
  return `held by ${userId} under ${holdId}`;
}

function soldTo(userId: string): string {
  return `sold to ${userId}`;
}

function ordersNotAsTold({ sales }: Told, { orders }: EventState): string[] {
  const told = new Map(sales.map((sale) => [sale.orderId, describe(sale)]));
  const rows = new Map(
    orders.map((row) => [
      row.id,
      describe({ orderNumber: row.number, userId: row.user_id, seats: row.numbers, totalPence: row.total_pence }),
    ]),
  );
  return [...new Set([...told.keys(), ...rows.keys()])].flatMap((id) => {
    const [one, other] = [told.get(id) ?? 'no order', rows.get(id) ?? 'no order'];
    return one === other ? [] : [`what was told as ${one} is ${other}`];
  });
}

function describe({ orderNumber, userId, seats, totalPence }: Omit<Sale, 'eventId' | 'orderId'>): string {
  return `order ${orderNumber} of ${userId} for ${[...seats].sort((a, b) => a - b).join(', ')} at ${totalPence}`;
}

function countsNotAsTold({ sales }: Told, { seats, countedUnsold, soldOutTold }: EventState): string[] {
  const left = seats.length - new Set(sales.flatMap((sale) => sale.seats)).size;
  const unsold = seats.filter(({ owner_id }) => owner_id === null).length;
  const told = left === 0 ? 1 : 0;
  return [
    ...(unsold === left ? [] : [`${left} seats should be unsold, and ${unsold} are`]),
    ...(countedUnsold === left ? [] : [`${left} seats should be unsold, and ${countedUnsold} are counted`]),
    ...(soldOutTold === told ? [] : [`EventSoldOut should have been told ${told} times, and was ${soldOutTold} times`]),
  ];
}

function seatsUnlikeLedger({ seats, ledger }: EventState): string[] {
  const sold = new Map<number, LedgerRow>();
  const again: string[] = [];
  for (const entry of ledger) {
    for (const number of entry.numbers) {
      if (sold.has(number)) again.push(`seat ${number} was ${entry.kind} again after it was sold, by the ledger`);
      if (entry.kind === 'sold') sold.set(number, entry);
    }
  }
  const unlike = seats.filter((seat) => stateOf(seat) !== stateAfter(sold.get(seat.number)));
  return [...again, ...unlike.map(({ number }) => `seat ${number} is unlike the ledger`)];
}

function stateOf({ owner_id, sold_at }: SeatRow): string {
  return [owner_id, sold_at].join();
}

function stateAfter(sold: LedgerRow | undefined): string {
  return sold ? [sold.user_id, sold.at].join() : [null, null].join();
}

function wrongTotals({ seats, orders }: EventState): string[] {
  const prices = new Map(seats.map(({ number, price_pence }) => [number, price_pence]));
  const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, seat) => sum + (prices.get(seat) ?? 0), 0);
  return orders
    .filter(({ numbers, total_pence }) => sumOf(numbers) !== total_pence)
    .map(({ number }) => `the total of order ${number} is not the sum of its seats' prices`);
}
