import type { Entry, Shown, WriteEntry } from './history.ts';

// The legacy has names of 100,000 characters.
const nameMax = 80;

/** Which request, and when; `undefined` is the row in the end. */
export function at(entry: Entry | undefined): string {
  if (!entry) return 'the database';
  const [sent, answered] = [entry.sentAt, entry.answeredAt].map((time) => time.toFixed(1));
  return `${entry.kind} ${entry.number} (${sent} to ${answered} ms, ${entry.status ?? 'no answer'})`;
}

export function writeText(write: WriteEntry): string {
  const { name, startsAt, endsAt, pence } = write.written;
  return `${at(write)} of '${name}' ${startsAt} ${endsAt} ${pence ?? 'no'} pence`;
}

export function shownText({ id, name, startsAt, endsAt, venue, pence }: Shown): string {
  const label = name.length > nameMax ? `${name.slice(0, nameMax)}…` : name;
  return `'${label}' ${startsAt} ${endsAt} ${pence ?? 'no'} pence at ${venue} as ${id}`;
}
