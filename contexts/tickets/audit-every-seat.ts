import { FinalFailure } from '@ticketbuddy/jobs';
import type { Deps } from '@ticketbuddy/runtime';
import { type AuditFinding, auditSeats } from './audit-seats.ts';
import type { DB } from './tables.gen.ts';

const namedMax = 5;

/**
 * Audits page after page. Answers how much was compared; a seat that is not what the ledger says is a `FinalFailure`,
 * since no other try would find it mended, and one that names the first such seats.
 */
export async function auditEverySeat({ db }: Pick<Deps<DB>, 'db'>, signal: AbortSignal) {
  const total = { events: 0, seats: 0, findings: 0 };
  const first: AuditFinding[] = [];
  let next: string | undefined;
  do {
    signal.throwIfAborted();
    const page = await auditSeats({ db }, next);
    total.events += page.events;
    total.seats += page.seats;
    total.findings += page.findings.length;
    first.push(...page.findings.slice(0, namedMax - first.length));
    next = page.next;
  } while (next !== undefined);
  if (total.findings > 0) throw new FinalFailure(describe(total.findings, first), total);
  return total;
}

function describe(count: number, first: readonly AuditFinding[]): string {
  const named = first.map(({ eventId, number }) => `event ${eventId} seat ${number}`);
  const more = count > first.length ? ` and ${count - first.length} more` : '';
  return `${count === 1 ? '1 seat is' : `${count} seats are`} not what the ledger says: ${named.join(', ')}${more}`;
}
