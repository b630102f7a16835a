import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** How an answer, a row or a message shows an event. */
export type Shown = {
  readonly id: string;
  readonly name: string;
  /** UTC, to the microsecond: `2041-01-01T00:00:00.000000Z`. */
  readonly startsAt: string;
  readonly endsAt: string;
  readonly venue: number;
  /** Whole pence as digits; `null` where there is no price. */
  readonly pence: string | null;
};

/** What a write says an event is from now on. No two writes say the same name. */
export type Written = {
  readonly name: string;
  readonly startsAt: string;
  readonly endsAt: string;
  /** A change leaves the venue as it is. */
  readonly venue: number | undefined;
  /** `undefined`: it names no price. */
  readonly pence: string | undefined;
};

/**
 * `acknowledged`: it was done, or it was shown (that there is nothing, too). `refused`: a no, with 4xx. `failed`: surely not done,
 * 503 with Retry-After. `unknown`: anything else; it may have been done.
 */
export type Outcome = 'acknowledged' | 'refused' | 'failed' | 'unknown';

type Asked = {
  /** In the order of sending, from 1. */
  readonly number: number;
  /** When it was due, sent and answered or given up, in ms of `performance.now()`. */
  readonly intendedAt: number;
  readonly sentAt: number;
  readonly answeredAt: number;
  /** `undefined`: no answer came. */
  readonly status: number | undefined;
  readonly outcome: Outcome;
};

export type WriteEntry = Asked & {
  readonly kind: 'create' | 'change';
  /** The number that the traffic gave the event; its id is the answer's to tell. */
  readonly event: number;
  readonly id: string | undefined;
  readonly written: Written;
  /** Whether it keeps the rules of both systems, so that nobody may refuse it. */
  readonly isRightful: boolean;
};

export type ReadEntry = Asked & {
  readonly kind: 'read';
  readonly event: number;
  readonly id: string;
  /** `undefined`: there was none, or no answer. */
  readonly shown: Shown | undefined;
};

export type ListEntry = Asked & { readonly kind: 'list'; readonly shown: readonly Shown[] };

export type Entry = WriteEntry | ReadEntry | ListEntry;

export type History = {
  /** How every name begins that the traffic writes, and no other: `Show s7`. */
  readonly prefix: string;
  /** In the order of the answers. */
  readonly entries: readonly Entry[];
};

export type Recording = History & { add(entry: Entry): void; close(): Promise<void> };

/** Keeps every request with its answer, and writes each to `file` as a line of JSON where one is given. */
export function recordHistory(prefix: string, file?: string): Recording {
  const entries: Entry[] = [];
  const lines = file === undefined ? undefined : createWriteStream(file);
  return {
    prefix,
    entries,
    add(entry) {
      entries.push(entry);
      lines?.write(`${JSON.stringify(entry)}\n`);
    },
    async close() {
      if (lines) await once(lines.end(), 'close');
    },
  };
}

export function isWrite(entry: Entry): entry is WriteEntry {
  return entry.kind === 'create' || entry.kind === 'change';
}
