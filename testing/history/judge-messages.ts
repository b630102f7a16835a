import type { Shown, WriteEntry } from './history.ts';
import { doneAt, type EventLedger, type Ledger, mayHaveHappened, tornMember } from './ledger.ts';
import { shownText, writeText } from './sentences.ts';
import type { Message } from './tap.ts';
import type { Findings } from './verdict.ts';

export type JudgedMessages = {
  readonly ledger: Ledger;
  readonly messages: readonly Message[];
  readonly ending: Ending;
  readonly findings: Findings;
};

/** The owner's rows, and until when whatever was sent and stored has to be told as it stayed. */
export type Ending = { readonly rows: readonly Shown[]; readonly toldUntil: number };

/**
 * Judges the messages about what the traffic wrote, in the order of their arrival: one for each acknowledged write, at most one for
 * each without an answer, none for a refused one, and none before that of a write that was done before it was sent. Answers
 * how many came more than once as the same message. A write may be told again after another that overlapped it: it is what stayed.
 */
export function judgeMessages({ ledger, messages, ending, findings }: JudgedMessages): number {
  const [ids, told] = [new Set<string>(), new Set<WriteEntry>()];
  const order = createOrder();
  let redelivered = 0;
  for (const message of messages) {
    if (!message.isReadable) findings.find('messages.invented', `${textOf(message)} cannot be read`);
    if (!message.isReadable || !ledger.isOurs(message)) continue;
    if (ids.has(message.messageId)) {
      redelivered += 1;
      continue;
    }
    ids.add(message.messageId);
    const write = toldBy(ledger, message, findings);
    if (!write) continue;
    const isAgain = told.has(write) && !order.isCorrectedBy(write);
    if (isAgain) {
      findings.find('messages.duplicated', `${textOf(message)} tells again of ${writeText(write)}`, [write]);
      continue;
    }
    told.add(write);
    const later = order.overtook(write);
    if (later) findings.find('messages.outOfOrder', overtaken(message, write, later), [write, later]);
  }
  for (const write of ledger.writes.values()) {
    if (write.outcome !== 'acknowledged' || told.has(write)) continue;
    findings.find('messages.missing', `nothing tells of ${writeText(write)}`, [write]);
  }
  judgeEnding(ledger, ending, order.lastToldOf, findings);
  return redelivered;
}

/** Whoever has heard all of it knows the rows. */
function judgeEnding(
  ledger: Ledger,
  { rows, toldUntil }: Ending,
  lastToldOf: (event: number) => WriteEntry | undefined,
  findings: Findings,
): void {
  for (const row of rows.filter(ledger.isOurs)) {
    const write = ledger.writeOf(row.name);
    const last = write && lastToldOf(write.event);
    if (!write || write.sentAt >= toldUntil || last === write) continue;
    const known = last ? writeText(last) : 'nothing';
    findings.find('messages.untold', `${writeText(write)} stayed, and ${known} was told last`, [write, last]);
  }
}

/** The write that the message tells of, if it may tell of it in these words. */
function toldBy(ledger: Ledger, message: Message, findings: Findings): WriteEntry | undefined {
  const write = ledger.writeOf(message.name);
  const reason = write ? reasonAgainst(write, ledger.claim(message), message) : 'which nobody wrote';
  if (reason === undefined) return write;
  const fault = write && !mayHaveHappened(write) ? 'messages.ghost' : 'messages.invented';
  findings.find(fault, `${textOf(message)}, ${reason}`, [write]);
  return undefined;
}

function reasonAgainst(write: WriteEntry, event: EventLedger | undefined, message: Message): string | undefined {
  if (!mayHaveHappened(write)) return `of ${writeText(write)}`;
  if (event?.number !== write.event) return `under an id that is not that of ${writeText(write)}`;
  const torn = tornMember(event, write, message);
  return torn && `whose ${torn} is not of ${writeText(write)}`;
}

/** Of each event, the write told so far that was sent last, and the one that was told last. */
function createOrder() {
  const [latest, lastTold] = [new Map<number, WriteEntry>(), new Map<number, WriteEntry>()];
  return {
    /** The write that was sent after this one was done and was told before it, if there is one. */
    overtook(write: WriteEntry): WriteEntry | undefined {
      const last = latest.get(write.event);
      lastTold.set(write.event, write);
      if (!last || last.sentAt < write.sentAt) latest.set(write.event, write);
      return last && doneAt(write) < last.sentAt ? last : undefined;
    },
    /** Whether the one that was told last overlapped the write, so that this may be what stayed. */
    isCorrectedBy(write: WriteEntry): boolean {
      const last = lastTold.get(write.event);
      return last !== undefined && last !== write && doneAt(write) >= last.sentAt;
    },
    lastToldOf: (event: number) => lastTold.get(event),
  };
}

function overtaken(message: Message, write: WriteEntry, later: WriteEntry): string {
  return `${textOf(message)} of ${writeText(write)} came after that of ${writeText(later)}`;
}

function textOf(message: Message): string {
  return `message ${message.messageId} (arrived ${message.arrivedAt.toFixed(1)} ms) ${shownText(message)}`;
}
