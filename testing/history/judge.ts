import { type History, isWrite, type Shown } from './history.ts';
import { judgeMessages } from './judge-messages.ts';
import { type EventLedger, type Ledger, openLedger } from './ledger.ts';
import { judgeRegister } from './register.ts';
import { at, shownText, writeText } from './sentences.ts';
import { noteReads, noteRows } from './sights.ts';
import type { Side } from './store.ts';
import type { Message } from './tap.ts';
import { collectFindings, type Facts, type Findings, type Verdict } from './verdict.ts';

/** The rows of each database once all is still. `owner`: whose rows must be what was acknowledged. */
export type FinalRows = Readonly<Partial<Record<Side, readonly Shown[]>>> & {
  readonly owner: Side;
  /** What was sent before, in ms of `performance.now()`, and stored has to be told as it stayed, also what was not answered. */
  readonly toldUntil?: number;
};

/**
 * Judges everything that was answered: against what was written, against the rows that are there in the end, and against the
 * messages that were published meanwhile, in the order of their arrival. Without `messages` these are not judged.
 */
export function judge(history: History, finalRows: FinalRows, messages?: readonly Message[]): Verdict {
  const findings = collectFindings();
  const ledger = openLedger(history);
  const rows = finalRows[finalRows.owner] ?? [];
  judgeRefusals(history, findings);
  noteReads({ ledger, findings }, history);
  noteRows({ ledger, findings }, rows);
  for (const event of ledger.events.values()) judgeEvent(ledger, event, findings);
  if (finalRows.legacy && finalRows.next) judgeSides(finalRows.legacy, finalRows.next, findings);
  const ending = { rows, toldUntil: finalRows.toldUntil ?? Number.NEGATIVE_INFINITY };
  const redelivered = messages ? judgeMessages({ ledger, messages, ending, findings }) : 0;
  return findings.verdict({ ...factsOf(history), rows: rows.length, messages: messages?.length ?? 0, redelivered });
}

/** Who keeps the rules is never told no. */
function judgeRefusals({ entries }: History, findings: Findings): void {
  for (const entry of entries) {
    if (entry.outcome !== 'refused' || (isWrite(entry) && !entry.isRightful)) continue;
    findings.find('refused', isWrite(entry) ? writeText(entry) : at(entry), [entry]);
  }
}

function judgeEvent({ writes }: Ledger, { operations }: EventLedger, findings: Findings): void {
  for (const { kind, read, newer } of judgeRegister(operations)) {
    const [old, current] = [writes.get(read.value), writes.get(newer)];
    const shows = old ? writeText(old) : 'that there is nothing';
    const later = current ? `after ${writeText(current)}` : 'too late';
    const seen = kind === 'resurrected' ? ', which had been read' : '';
    findings.find(kind, `${at(read.entry)} shows ${shows}, ${later}${seen}`, [read.entry, old, current]);
  }
}

function judgeSides(legacy: readonly Shown[], next: readonly Shown[], findings: Findings): void {
  const others = new Map(next.map((row) => [row.id, row]));
  for (const row of legacy) {
    const other = others.get(row.id);
    others.delete(row.id);
    const is = `legacy: ${shownText(row)}`;
    if (!other) findings.find('differs', `${is} · next: none`);
    else if (!isSame(row, other)) findings.find('differs', `${is} · next: ${shownText(other)}`);
  }
  for (const row of others.values()) findings.find('differs', `legacy: none · next: ${shownText(row)}`);
}

function isSame(row: Shown, other: Shown): boolean {
  const { name, startsAt, endsAt, venue, pence } = row;
  if (name !== other.name || startsAt !== other.startsAt || endsAt !== other.endsAt) return false;
  return venue === other.venue && pence === other.pence;
}

function factsOf({ entries }: History): Pick<Facts, 'requests' | 'writes' | 'reads' | 'statuses'> {
  const none = { acknowledged: 0, refused: 0, failed: 0, unknown: 0 };
  const [writes, reads] = [{ ...none }, { ...none }];
  const statuses: Record<string, number> = {};
  for (const entry of entries) {
    (isWrite(entry) ? writes : reads)[entry.outcome] += 1;
    const status = entry.status ?? 'none';
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
  return { requests: entries.length, writes, reads, statuses };
}
