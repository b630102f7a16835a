import type { Entry, History, ListEntry, ReadEntry, Shown, WriteEntry } from './history.ts';
import { type EventLedger, type Ledger, mayHaveHappened, tornMember } from './ledger.ts';
import { nothing } from './register.ts';
import { at, shownText, writeText } from './sentences.ts';
import type { Fault, Findings } from './verdict.ts';

export type Judging = { readonly ledger: Ledger; readonly findings: Findings };

/** When and by what something was shown; the rows in the end come after everything. */
type Moment = { readonly sentAt: number; readonly answeredAt: number; readonly entry: Entry | undefined };

const inTheEnd: Moment = {
  sentAt: Number.POSITIVE_INFINITY,
  answeredAt: Number.POSITIVE_INFINITY,
  entry: undefined,
};

/** Puts down what each read and list showed, and names at once what nobody can have seen. */
export function noteReads(judging: Judging, { entries }: History): void {
  for (const entry of entries) {
    if (entry.outcome !== 'acknowledged') continue;
    if (entry.kind === 'read') noteRead(judging, entry);
    if (entry.kind === 'list') noteList(judging, entry);
  }
}

/** Puts down the rows as they are in the end, and names the events that have none. */
export function noteRows(judging: Judging, rows: readonly Shown[]): void {
  const { ledger, findings } = judging;
  const seen = noteAll(judging, rows, inTheEnd);
  for (const event of ledger.events.values()) {
    const { create } = event;
    if (create?.outcome !== 'acknowledged' || seen.has(event)) continue;
    findings.find('lost', `${writeText(create)} was acknowledged and has no row`, [create]);
  }
}

function noteRead(judging: Judging, entry: ReadEntry): void {
  const { ledger, findings } = judging;
  const event = ledger.events.get(entry.event);
  if (!event) return;
  if (entry.shown === undefined) noteSight(event, nothing, momentOf(entry));
  else if (entry.shown.id === event.id) judgeSight(judging, event, entry.shown, momentOf(entry));
  else findings.find('invented', `${at(entry)} asked for ${event.id} and shows ${shownText(entry.shown)}`, [entry]);
}

/** Each event in a list is a read of its own; so is each that is not in it though it was acknowledged before. */
function noteList(judging: Judging, entry: ListEntry): void {
  const { ledger, findings } = judging;
  const unreadable = entry.shown.find(({ id }) => id === '');
  if (unreadable) {
    findings.find('invented', `${at(entry)} is ${unreadable.name}`, [entry]);
    return;
  }
  const seen = noteAll(judging, entry.shown, momentOf(entry));
  for (const event of ledger.events.values()) {
    const { create } = event;
    if (create?.outcome !== 'acknowledged' || create.answeredAt >= entry.sentAt || seen.has(event)) continue;
    noteSight(event, nothing, momentOf(entry));
  }
}

function noteAll(judging: Judging, all: readonly Shown[], moment: Moment): Set<EventLedger> {
  const { ledger, findings } = judging;
  const seen = new Set<EventLedger>();
  for (const shown of all) {
    if (!ledger.isOurs(shown)) continue;
    const event = ledger.claim(shown);
    if (event && !seen.has(event)) judgeSight(judging, event, shown, moment);
    else tell(findings, shown, moment, event ? twice : faultOfStranger(ledger, shown));
    if (event) seen.add(event);
  }
  return seen;
}

function judgeSight({ ledger, findings }: Judging, event: EventLedger, shown: Shown, moment: Moment): void {
  const write = ledger.writeOf(shown.name);
  const suspicion = write ? faultOfSight(event, write, shown, moment) : invented;
  if (suspicion) tell(findings, shown, moment, suspicion);
  else if (write) noteSight(event, write.number, moment);
}

type Suspicion = { readonly fault: Fault; readonly why: string; readonly write?: WriteEntry };

const twice: Suspicion = { fault: 'duplicated', why: 'a second time' };
const invented: Suspicion = { fault: 'invented', why: 'which nobody had written' };

/** An id that no answer told. */
function faultOfStranger(ledger: Ledger, shown: Shown): Suspicion {
  const write = ledger.writeOf(shown.name);
  return write ? { fault: 'duplicated', why: `a second event by ${writeText(write)}`, write } : invented;
}

function faultOfSight(event: EventLedger, write: WriteEntry, shown: Shown, moment: Moment): Suspicion | undefined {
  if (write.sentAt > moment.answeredAt) return invented;
  if (write.event !== event.number) return { fault: 'duplicated', why: `also of ${writeText(write)}`, write };
  if (!mayHaveHappened(write)) return { fault: 'ghost', why: `of ${writeText(write)}`, write };
  const member = tornMember(event, write, shown);
  return member ? { fault: 'torn', why: `whose ${member} is not of ${writeText(write)}`, write } : undefined;
}

function tell(findings: Findings, shown: Shown, { entry }: Moment, { fault, why, write }: Suspicion): void {
  findings.find(fault, `${at(entry)} shows ${shownText(shown)}, ${why}`, [entry, write]);
}

function noteSight({ operations }: EventLedger, value: number, moment: Moment): void {
  operations.push({ does: 'read', value, ...moment });
}

function momentOf(entry: Entry): Moment {
  return { sentAt: entry.sentAt, answeredAt: entry.answeredAt, entry };
}
