import type { AuditFinding } from '@ticketbuddy/tickets';
import type { Terminal } from './terminal.ts';

/** How many events and seats were compared, and the seats whose row is not what the ledger says. */
export type Audit = { readonly events: number; readonly seats: number; readonly findings: readonly AuditFinding[] };

const shownMax = 50;

/** The verdict for a person; before it a line for each of the first 50 seats that differ. */
export function reportAudit({ events, seats, findings }: Audit, { green, red }: Terminal['colors']): string {
  const compared = `${count(events, 'event')}, ${count(seats, 'seat')}`;
  if (findings.length === 0) return green(`${compared}: the tables are what the ledger says`);
  const shown = findings.slice(0, shownMax).map(describe);
  const hidden = findings.length - shown.length;
  const differ = findings.length === 1 ? '1 seat is' : `${number(findings.length)} seats are`;
  return [
    ...shown,
    ...(hidden > 0 ? [`and ${number(hidden)} more`] : []),
    red(`${compared}: ${differ} not what the ledger says`),
  ].join('\n');
}

/** The same for a program, with every seat that differs. `null`: no such seat. */
export function reportAuditAsJson({ events, seats, findings }: Audit): string {
  return JSON.stringify({
    events,
    seats,
    findings: findings.map(({ table = null, ledger = null, ...seat }) => ({ ...seat, table, ledger })),
  });
}

function describe({ eventId, number, table, ledger }: AuditFinding): string {
  const isAnotherSeat = table !== undefined && ledger !== undefined && table.id !== ledger.id;
  const isAnotherHold = stateOf(table, isAnotherSeat, false) === stateOf(ledger, isAnotherSeat, false);
  const [inTable, inLedger] = [table, ledger].map((seat) => stateOf(seat, isAnotherSeat, isAnotherHold));
  return `event ${eventId} seat ${number}: the table says ${inTable}; the ledger says ${inLedger}`;
}

function stateOf(seat: AuditFinding['table'], withId: boolean, withHold: boolean): string {
  if (seat === undefined) return 'no such seat';
  const price = `£${(seat.pricePence / 100).toFixed(2)}`;
  return [...(withId ? [`id ${seat.id}`] : []), ownership(seat, withHold), price].join(', ');
}

function ownership(seat: NonNullable<AuditFinding['table']>, withHold: boolean): string {
  const hold = seat.state === 'held' && withHold ? ` since ${seat.heldSince} (hold ${seat.holdId})` : '';
  if (seat.state === 'held') return `held by ${seat.holderId}${hold} until ${seat.heldUntil}`;
  if (seat.state === 'sold') return `sold to ${seat.ownerId} at ${seat.soldAt}`;
  return 'open';
}

function count(amount: number, what: string): string {
  return `${number(amount)} ${what}${amount === 1 ? '' : 's'}`;
}

function number(amount: number): string {
  return amount.toLocaleString('en-GB');
}
