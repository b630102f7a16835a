import assert from 'node:assert/strict';
import { groupCommit, isTransient, type Pace, realPace } from '@ticketbuddy/postgres';
import type { Clock, Deps } from '@ticketbuddy/runtime';
import { type Judged, judgeBatch, type Waiting } from './batch.ts';
import { countChanges } from './counters.ts';
import { Houses } from './houses.ts';
import { breaksOnKeys, idOf, type Known, nothingKnown, recall } from './idempotency.ts';
import type { Order } from './order.ts';
import { attemptRunning } from './refusals.ts';
import type { Decided, Request } from './request.ts';
import { type FencedEvent, type SalesStore, salesStoreOf } from './sales-store.ts';
import type { DB } from './tables.gen.ts';
import type { Seal } from './ticket-code.ts';

export type SalesOptions = {
  /** How many requests are decided in one transaction at most. */
  readonly largestBatch?: number;
  /** A request that would have to wait longer than that is refused at once. */
  readonly waitMsMax?: number;
};

export type Parts = {
  readonly store: SalesStore;
  readonly clock: Clock;
  readonly pace?: Pace;
  /** Who makes the tickets of orders. Without one no answer brings any. */
  readonly tickets?: { sealAll(orders: readonly Order[]): Promise<ReadonlyMap<string, Seal>> };
};

const triesMax = 4;
// While the database works for one, this process works for another.
const lanes = 2;
// What another process sells too is not decided from memory for so long: it would mostly be in vain.
const contendedMs = 250;

/**
 * The sale of all events, as one process sees it. What is asked for together is decided from memory and written in one
 * statement, which does nothing to an event that another process has changed meanwhile; that event's part is then decided
 * once more, with the event locked. So any number of processes may sell the same event.
 */
export class Sales {
  readonly houses: Houses;
  readonly #lanes: readonly ((request: Request) => Promise<Decided>)[];
  // Of the events of which something is being decided, and how many those are in each lane.
  readonly #queues = new Map<string, Queue>();
  readonly #eventsIn = Array.from({ length: lanes }, () => 0);
  readonly #running = new Set<string>();
  readonly #store: SalesStore;
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #tickets: Parts['tickets'];
  readonly #contended = new Map<string, number>();
  // What was written of a batch while the rest of it was still to be decided, and may fail.
  readonly #written = new WeakMap<Request, Decided>();

  constructor(
    { store, clock, pace = realPace, tickets }: Parts,
    { largestBatch = 256, waitMsMax = 5_000 }: SalesOptions = {},
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#pace = pace;
    this.#tickets = tickets;
    this.houses = new Houses(store, pace);
    const together = (requests: readonly Request[]) => this.decideAll(requests);
    this.#lanes = Array.from({ length: lanes }, () =>
      groupCommit(together, { isLost: isTransient, largestBatch, waitMsMax, pace }),
    );
  }

  /**
   * Decides a request together with those that arrive at the same time, or while others are decided. Refuses one whose
   * attempt is under way here.
   */
  async decide(request: Request): Promise<Decided> {
    const { attempt } = request;
    if (!attempt) return this.#queue(request);
    const name = idOf(attempt);
    if (this.#running.has(name)) throw attemptRunning();
    this.#running.add(name);
    try {
      return await this.#queue(request);
    } finally {
      this.#running.delete(name);
    }
  }

  /** Decides a batch, each request against what those before it changed. Answers what became of each. */
  async decideAll(requests: readonly Request[]): Promise<Decided[]> {
    const decided: (Decided | undefined)[] = requests.map((request) => this.#written.get(request));
    let waiting: readonly Waiting[] = requests.flatMap((request, nth) => (decided[nth] ? [] : { request, nth }));
    let known = nothingKnown;
    for (let tries = 1; waiting.length > 0; tries++) {
      assert.ok(tries <= triesMax, 'what is decided while its events are locked is decided for good');
      try {
        const [judged, current] = await this.#pass(waiting, known, tries > 1);
        waiting = this.#settle(judged, current, decided);
      } catch (error) {
        if (!breaksOnKeys(error) || tries === triesMax) throw error;
        known = await recall(this.#store, requests);
      }
    }
    return decided as Decided[];
  }

  async #queue(request: Request): Promise<Decided> {
    const queue = this.#queueOf(request.eventId);
    queue.length += 1;
    try {
      return await (this.#lanes[queue.lane] ?? assert.fail('there is no lane'))(request);
    } catch (error) {
      const written = this.#written.get(request);
      if (written) return written;
      throw error;
    } finally {
      queue.length -= 1;
      if (queue.length === 0) this.#leave(request.eventId, queue);
    }
  }

  // An event keeps its lane for as long as something of it is in there, so that no two batches of this process are ever at the
  // same event. Another one goes where the fewest are.
  #queueOf(eventId: string): Queue {
    const known = this.#queues.get(eventId);
    if (known) return known;
    const lane = this.#eventsIn.indexOf(Math.min(...this.#eventsIn));
    const queue = { lane, length: 0 };
    this.#queues.set(eventId, queue);
    this.#eventsIn[lane] = (this.#eventsIn[lane] ?? 0) + 1;
    return queue;
  }

  #leave(eventId: string, { lane }: Queue): void {
    this.#queues.delete(eventId);
    this.#eventsIn[lane] = (this.#eventsIn[lane] ?? 0) - 1;
  }

  async #pass(waiting: readonly Waiting[], known: Known, isStale: boolean): Promise<[Judged, Current]> {
    const ids = [...new Set(waiting.map(({ request }) => request.eventId))];
    await this.houses.load(ids);
    if (isStale || ids.some((id) => this.#isContended(id))) return this.#decideLocked(ids, waiting, known);
    const judged = await this.#judge(waiting, known);
    return [judged, await this.#write(judged)];
  }

  async #decideLocked(ids: readonly string[], waiting: readonly Waiting[], known: Known): Promise<[Judged, Current]> {
    return this.#store.locked(ids, async (locked) => {
      await this.houses.bringTo(locked, ids, locked.standings);
      const judged = await this.#judge(waiting, known);
      return [judged, await locked.write(judged, fenced(judged))];
    });
  }

  async #judge(waiting: readonly Waiting[], known: Known): Promise<Judged> {
    const judged = judgeBatch(this.houses, waiting, known, this.#now());
    const orders = judged.granted.flatMap(({ request, change }) => (request.wantsTickets && change.order) || []);
    return this.#tickets && orders.length > 0 ? { ...judged, seals: await this.#tickets.sealAll(orders) } : judged;
  }

  async #write(judged: Judged): Promise<Current> {
    const events = fenced(judged);
    if (judged.granted.length > 0 || judged.decisions.length > 0) return this.#store.write(judged, events);
    const standings = await this.#store.standings(events.map(({ eventId }) => eventId));
    return new Set(events.flatMap(({ eventId, version }, nth) => (standings[nth]?.version === version ? eventId : [])));
  }

  /** Takes over what was written, and answers what has to be decided once more. */
  #settle({ drafts, outcomes, granted, seals }: Judged, current: Current, decided: (Decided | undefined)[]): Waiting[] {
    for (const [eventId, draft] of drafts) {
      if (current.has(eventId)) draft.commit();
      else if (draft.standing) this.#contended.set(eventId, this.#pace.elapsedMs());
    }
    countChanges(granted.filter(({ request }) => current.has(request.eventId)));
    const isStale = ({ request: { eventId } }: Waiting) => !!drafts.get(eventId)?.standing && !current.has(eventId);
    const waiting = outcomes.filter(isStale);
    for (const one of outcomes) {
      if (isStale(one)) continue;
      const outcome = withCodes(one.outcome, seals);
      decided[one.nth] = outcome;
      if (waiting.length > 0) this.#written.set(one.request, outcome);
    }
    return waiting;
  }

  #isContended(eventId: string): boolean {
    const since = this.#contended.get(eventId);
    if (since === undefined) return false;
    if (this.#pace.elapsedMs() - since < contendedMs) return true;
    this.#contended.delete(eventId);
    return false;
  }

  // As the database keeps it.
  #now(): Temporal.Instant {
    return this.#clock.now().round({ smallestUnit: 'microsecond', roundingMode: 'floor' });
  }
}

/** The sale over PostgreSQL. */
export function openSales({ db, clock, tickets }: Deps<DB> & Pick<Parts, 'tickets'>, options?: SalesOptions): Sales {
  return new Sales({ store: salesStoreOf(db), clock, ...(tickets && { tickets }) }, options);
}

function withCodes(outcome: Decided, seals: Judged['seals']): Decided {
  const seal = 'kind' in outcome && outcome.order && seals.get(outcome.order.id);
  return seal ? { ...outcome, codes: seal.codes } : outcome;
}

type Queue = { readonly lane: number; length: number };

/** The events that were still as they were judged. */
type Current = ReadonlySet<string>;

function fenced({ drafts }: Judged): FencedEvent[] {
  return [...drafts.values()].flatMap(({ standing, changed }) => {
    if (!standing) return [];
    const sold = changed.filter(({ state }) => state === 'sold').length;
    return { ...standing, moves: changed.length > 0, sold, soldOut: sold > 0 && sold === standing.unsold };
  });
}
