import { type History, isWrite, type Shown, type WriteEntry } from './history.ts';
import type { Operation } from './register.ts';
import { legacyVenue } from './wire.ts';

/** One event of the traffic: its writes, and whatever showed it. */
export type EventLedger = {
  readonly number: number;
  /** As told by the answer to its create; without an answer, the first id under which it shows. */
  id: string | undefined;
  create: WriteEntry | undefined;
  /** The first venue that was seen; it never changes. */
  venue: number | undefined;
  readonly operations: Operation[];
};

/** All that was written, to be found by name, by id and by number. */
export type Ledger = {
  readonly events: ReadonlyMap<number, EventLedger>;
  readonly writes: ReadonlyMap<number, WriteEntry>;
  writeOf(name: string): WriteEntry | undefined;
  /** Whether the traffic made it, by id or by name: all others' are none of our business. */
  isOurs(shown: Shown): boolean;
  /** The event that the id belongs to; one whose create had no answer gets its id here. */
  claim(shown: Shown): EventLedger | undefined;
};

export function openLedger({ prefix, entries }: History): Ledger {
  const [events, byId] = [new Map<number, EventLedger>(), new Map<string, EventLedger>()];
  const [writes, byName] = [new Map<number, WriteEntry>(), new Map<string, WriteEntry>()];
  for (const entry of entries) {
    if (!isWrite(entry)) continue;
    writes.set(entry.number, entry);
    byName.set(entry.written.name, entry);
    const event = events.get(entry.event) ?? newEvent(entry.event);
    events.set(entry.event, event);
    if (entry.kind === 'create') event.create = entry;
    event.id ??= entry.id;
    if (entry.id !== undefined) byId.set(entry.id, event);
    event.operations.push(operationOf(entry));
  }
  const claim = (shown: Shown) => {
    const known = byId.get(shown.id);
    const write = byName.get(shown.name);
    const event = write && events.get(write.event);
    if (known || !event || event.id !== undefined) return known;
    event.id = shown.id;
    byId.set(shown.id, event);
    return event;
  };
  return {
    events,
    writes,
    writeOf: (name) => byName.get(name),
    isOurs: ({ id, name }) => byId.has(id) || name.startsWith(`${prefix} `),
    claim,
  };
}

/** In which member the event as shown is not what was written together with its name. */
export function tornMember(event: EventLedger, write: WriteEntry, shown: Shown): string | undefined {
  const { startsAt, endsAt, pence } = write.written;
  if (shown.startsAt !== startsAt) return 'startsAt';
  if (shown.endsAt !== endsAt) return 'endsAt';
  // Without a price, the legacy stores zero; a row may also have none.
  if (pence === undefined ? shown.pence !== null && shown.pence !== '0' : shown.pence !== pence) return 'pence';
  return isItsVenue(event, shown.venue) ? undefined : 'venue';
}

function isItsVenue(event: EventLedger, venue: number): boolean {
  event.venue ??= [legacyVenue, event.create?.written.venue].find((allowed) => allowed === venue);
  return event.venue === venue;
}

/** Whether a write was, or may have been, carried out. */
export function mayHaveHappened({ outcome }: WriteEntry): boolean {
  return outcome === 'acknowledged' || outcome === 'unknown';
}

/** When a write was surely done. */
export function doneAt({ outcome, answeredAt }: WriteEntry): number {
  return outcome === 'acknowledged' ? answeredAt : Number.POSITIVE_INFINITY;
}

function operationOf(entry: WriteEntry): Operation {
  return { does: 'write', value: entry.number, sentAt: entry.sentAt, answeredAt: doneAt(entry), entry };
}

function newEvent(number: number): EventLedger {
  return { number, id: undefined, create: undefined, venue: undefined, operations: [] };
}
