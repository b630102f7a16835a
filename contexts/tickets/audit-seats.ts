import type { Deps } from '@ticketbuddy/runtime';
import { rebuild } from './ledger.ts';
import type { Seat } from './seat.ts';
import { eventIdsAfter, seatsAndLedger } from './store.ts';
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
