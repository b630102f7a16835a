import type { Entry, History, ListEntry, Outcome, ReadEntry, Shown, WriteEntry } from './history.ts';
import { isWrite } from './history.ts';
import type { Message } from './tap.ts';
import { legacyVenue } from './wire.ts';

const prefix = 'Show s1';

type Times = { readonly from: number; readonly to: number };
type WriteOptions = Times & {
  readonly event?: number;
  readonly outcome?: Outcome;
  readonly pence?: string | undefined;
  readonly isRightful?: boolean;
};

/** Makes entries with numbers and names that no other entry of this story has. Times are in ms. */
export function aStory() {
  let numbers = 0;
  const asked = ({ from, to }: Times, outcome: Outcome = 'acknowledged') => ({
    number: ++numbers,
    intendedAt: from,
    sentAt: from,
    answeredAt: to,
    status: statuses[outcome],
    outcome,
  });
  const write = (kind: WriteEntry['kind'], options: WriteOptions): WriteEntry => {
    const { event = 1, outcome = 'acknowledged', isRightful = true } = options;
    const number = numbers + 1;
    const pence = 'pence' in options ? options.pence : String(100 + number);
    const name = `${prefix} k${event} w${number}`;
    const times = { startsAt: timeOf(event, number), endsAt: timeOf(event + 1, number) };
    const id = kind === 'change' || outcome === 'acknowledged' ? idOf(event) : undefined;
    const venue = kind === 'create' ? legacyVenue : undefined;
    return { ...asked(options, outcome), kind, event, id, written: { name, ...times, venue, pence }, isRightful };
  };
  return {
    aCreate: (options: WriteOptions) => write('create', options),
    aChange: (options: WriteOptions) => write('change', options),
    aRead: (shown: WriteEntry | undefined, times: Times, event = shown?.event ?? 1): ReadEntry => ({
      ...asked(times),
      kind: 'read',
      event,
      id: idOf(event),
      shown: shown && rowOf(shown),
    }),
    aList: (shown: readonly WriteEntry[], times: Times): ListEntry => ({
      ...asked(times),
      kind: 'list',
      shown: shown.map((each) => rowOf(each)),
    }),
  };
}

const statuses: Readonly<Record<Outcome, number | undefined>> = {
  acknowledged: 200,
  refused: 400,
  failed: 503,
  unknown: undefined,
};

export function historyOf(entries: readonly Entry[]): History {
  return { prefix, entries };
}

/** How the event looks after the write. */
export function rowOf({ event, written }: WriteEntry, changed: Partial<Shown> = {}): Shown {
  const { name, startsAt, endsAt, venue = legacyVenue, pence = '0' } = written;
  return { id: idOf(event), name, startsAt, endsAt, venue, pence, ...changed };
}

let messages = 0;

/** The message that tells of the write. */
export function messageOf(write: WriteEntry, changed: Partial<Message> = {}): Message {
  return {
    ...rowOf(write),
    messageId: `message-${++messages}`,
    arrivedAt: write.answeredAt,
    isReadable: true,
    ...changed,
  };
}

/** One for each acknowledged write, in the order of the entries. */
export function messagesOf(entries: readonly Entry[]): Message[] {
  return entries.filter(isWrite).flatMap((write) => (write.outcome === 'acknowledged' ? [messageOf(write)] : []));
}

export function idOf(event: number): string {
  return `00000000-0000-4000-8000-${String(event).padStart(12, '0')}`;
}

function timeOf(event: number, number: number): string {
  return `2041-01-01T${String(event % 24).padStart(2, '0')}:00:00.${String(number).padStart(6, '0')}Z`;
}
