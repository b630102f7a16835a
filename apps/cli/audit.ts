import { StartError } from '@ticketbuddy/errors';
import { createDatabase } from '@ticketbuddy/postgres/database';
import { type AuditFinding, auditSeats } from '@ticketbuddy/tickets';
import type pg from 'pg';
import { type Audit, reportAudit, reportAuditAsJson } from './audit-report.ts';
import type { Context } from './context.ts';
import { openDatabase, refuseWithoutDatabase } from './open-database.ts';
import type { Terminal } from './terminal.ts';

/**
 * Compares every seat with what the ledger says of it, a page of events after the other, and says which differ. Exit
 * code 1 when one does. Changes nothing: neither tables nor a database are made to be audited.
 */
export async function audit(context: Context, { json = false }: { readonly json?: boolean } = {}): Promise<number> {
  const { terminal } = context;
  refuseWithoutDatabase(context, 'There is nothing to audit');
  await using database = await openDatabase(context);
  const result = await auditAll(database.pool, terminal).catch(refuseUnfit);
  terminal.print(json ? reportAuditAsJson(result) : reportAudit(result, terminal.colors));
  return result.findings.length === 0 ? 0 : 1;
}

async function auditAll(pool: pg.Pool, { status, interrupted }: Terminal): Promise<Audit> {
  const total = { events: 0, seats: 0, findings: [] as AuditFinding[] };
  let next: string | undefined;
  do {
    status(`Comparing with the ledger: ${total.events} events, ${total.seats} seats`);
    const page = await auditSeats({ db: createDatabase(pool) }, next);
    interrupted.throwIfAborted();
    total.events += page.events;
    total.seats += page.seats;
    total.findings.push(...page.findings);
    next = page.next;
  } while (next !== undefined);
  return total;
}

// By PostgreSQL's error code.
const unfit: Readonly<Record<string, string>> = {
  '42P01': 'There is nothing to audit: the database has no seats and no ledger; start the shop once, which makes them.',
  '42501': 'The database user may not audit: it needs to select from tickets.seats, tickets.holds and tickets.ledger.',
};

function refuseUnfit(error: unknown): never {
  const reason = unfit[String((error as { code?: unknown }).code)];
  if (reason === undefined) throw error;
  throw new StartError(reason);
}
