import { committing } from '@ticketbuddy/postgres';
import type { Database, Transact } from '@ticketbuddy/postgres/database';
import type { Judged } from './batch.ts';
import type { LedgerEntry } from './ledger.ts';
import { publishSoldOut } from './publish-sold-out.ts';
import type { Seat } from './seat.ts';
import type { Fenced, Standing } from './standing.ts';
import { type Attempt, type Decision, findDecisions } from './store-idempotency.ts';
import { ledgerSince, loadHouse, lockSales, soldOutVersions, standingsOf, writeBatch } from './store-sales.ts';
import type { DB } from './tables.gen.ts';

/** Where the sale of events is kept: what processes share. PostgreSQL, and a model of it that the simulation drives. */
export type SalesStore = Reading & {
  /** The seats of an event as of one moment; `undefined` when it has none. */
  load(eventId: string): Promise<Loaded | undefined>;
  /** In the order of the ids; `undefined` for an event without seats. */
  standings(eventIds: readonly string[]): Promise<(Standing | undefined)[]>;
  /** What was decided on those of the attempts that are known. */
  decisions(attempts: readonly Attempt[]): Promise<Decision[]>;
  /** Runs `work` while nobody else changes the seats of these events; what it writes is committed when it is over. */
  locked<R>(eventIds: readonly string[], work: (locked: Locked) => Promise<R>): Promise<R>;
} & Writing;

export type Loaded = Standing & { readonly venue: number; readonly seats: Seat[] };

export type Reading = {
  /** What has happened to the seats of an event after a version, in order. */
  since(eventId: string, version: number): Promise<LedgerEntry[]>;
};

export type Writing = {
  /**
   * Writes a batch in one go, each event's part only if the event is still at its version and nobody has it locked.
   * Answers the events of which that is so. Fails whole on an attempt that was decided before.
   */
  write(judged: Judged, events: readonly FencedEvent[]): Promise<ReadonlySet<string>>;
};

/** An event of a batch; `soldOut` when the batch sells the last of its seats, if it is written. */
export type FencedEvent = Fenced & { readonly soldOut: boolean };

export type Locked = Reading & Writing & { readonly standings: readonly Standing[] };

export function salesStoreOf({ query, transaction, snapshot }: Database<DB>): SalesStore {
  return {
    load: (eventId) => snapshot((tx) => loadHouse(tx, eventId)),
    standings: (eventIds) => standingsOf(query, eventIds),
    since: (eventId, version) => ledgerSince(query, eventId, version),
    decisions: (attempts) => findDecisions({ query }, attempts),
    write: (judged, events) =>
      events.some(({ soldOut }) => soldOut)
        ? transaction((tx) => writeAndTell(tx, judged, events))
        : committing(() => writeBatch(query, judged, events)),
    locked: (eventIds, work) =>
      transaction(async (tx) =>
        work({
          standings: await lockSales(tx, eventIds),
          since: (eventId, version) => ledgerSince(tx, eventId, version),
          write: (judged, events) => writeAndTell(tx, judged, events),
        }),
      ),
  };
}

async function writeAndTell(
  tx: Transact<DB>,
  judged: Judged,
  events: readonly FencedEvent[],
): Promise<ReadonlySet<string>> {
  const current = await writeBatch(tx, judged, events);
  const soldOut = events.filter((event) => event.soldOut && current.has(event.eventId)).map(({ eventId }) => eventId);
  for (const one of soldOut.length > 0 ? await soldOutVersions(tx, soldOut) : []) {
    // The trace of the purchase that took the last seat.
    const last = judged.granted.findLast(({ request }) => request.eventId === one.eventId);
    await publishSoldOut(tx, one, { now: judged.now, traceparent: last?.request.traceparent });
  }
  return current;
}
