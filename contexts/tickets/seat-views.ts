import type { EventStream } from '@ticketbuddy/http';
import { isTransient } from '@ticketbuddy/postgres';
import type { Clock } from '@ticketbuddy/runtime';
import { counter, outsideTraces } from '@ticketbuddy/telemetry';
import type { Houses } from './houses.ts';
import { eventUnknown } from './refusals.ts';
import type { Position } from './seat-status.ts';
import { SeatView } from './seat-view.ts';
import type { SeatsChanged, Span } from './store-changes.ts';

type Parts = {
  readonly houses: Houses;
  readonly clock: Clock;
  readonly changesBetween: (span: Span, limit: number) => Promise<readonly SeatsChanged[] | undefined>;
};

const failed = counter('ticketbuddy_seat_views_failed_total', 'Events whose watchers were sent away by an error.');

const oldMs = 50;
const tooOldMs = 100;
const tellEveryMs = 50;
const beatEveryMs = 15_000;

/**
 * What this process shows of the seats of events. What it sells itself shows at once. What other processes sell is asked
 * for by those who look: at most every 50 ms, in one query for all events, and not at all while nobody looks.
 */
export class SeatViews {
  readonly #parts: Parts;
  readonly #views = new Map<string, SeatView>();
  readonly #asking = new Map<string, Promise<SeatView>>();
  #telling: NodeJS.Timeout | undefined;
  #beatAtMs = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The seats of an event as they were at most 100 ms ago. Refuses when it has none. */
  async of(eventId: string): Promise<SeatView> {
    return this.atHand(eventId) ?? this.#ask(eventId);
  }

  /** The same, unless somebody has to be asked before. */
  atHand(eventId: string): SeatView | undefined {
    const view = this.#views.get(eventId);
    if (!view || view.isClosed || view.ageMs > tooOldMs) return undefined;
    // It was made anew, or had to make room: this process goes on with another.
    if (view.house !== this.#parts.houses.get(eventId)) return undefined;
    if (view.ageMs > oldMs) this.#askAhead(eventId);
    return view;
  }

  /** Ready to tell what has changed since a position, which another process may have told before this one heard of it. */
  async since(eventId: string, { version }: Position): Promise<SeatView> {
    let view = await this.of(eventId);
    // A question that is under way may have been put before: the second one was not.
    for (let asked = 0; asked < 2 && view.house.version < version; asked++) view = await this.#ask(eventId);
    await view.reach(version);
    return view;
  }

  /** Tells the stream what changes, with all that has since the position. Answers what to do when it has ended. */
  join(view: SeatView, stream: EventStream, after: Position | undefined): () => void {
    const leave = view.join(stream, after);
    this.#telling ??= outsideTraces(() => setInterval(() => this.#tell(), tellEveryMs).unref());
    return leave;
  }

  #tell(): void {
    const watched = [...this.#views].filter(([, { watchers }]) => watchers.size > 0);
    const isBeat = performance.now() - this.#beatAtMs > beatEveryMs;
    if (isBeat) this.#beatAtMs = performance.now();
    for (const [eventId, view] of watched) this.#tellOf(eventId, view, isBeat);
    if (watched.length > 0) return;
    clearInterval(this.#telling);
    this.#telling = undefined;
  }

  // This runs by the clock, where an error would end the process: it ends the streams of this event, which come back.
  #tellOf(eventId: string, view: SeatView, isBeat: boolean): void {
    try {
      view.tell();
      if (isBeat) view.watchers.beat();
    } catch {
      failed.add(1);
      this.#forget(eventId);
      return;
    }
    this.#askAhead(eventId);
  }

  // While the database is away watchers wait. What is wrong otherwise is for the next who asks: they come back then.
  #askAhead(eventId: string): void {
    this.#ask(eventId).catch((error: unknown) => {
      if (!isTransient(error)) this.#forget(eventId);
    });
  }

  #ask(eventId: string): Promise<SeatView> {
    const asking = this.#asking.get(eventId) ?? this.#bring(eventId).finally(() => this.#asking.delete(eventId));
    this.#asking.set(eventId, asking);
    return asking;
  }

  async #bring(eventId: string): Promise<SeatView> {
    const askedAtMs = performance.now();
    const house = await this.#parts.houses.current(eventId);
    if (!house) {
      this.#forget(eventId);
      throw eventUnknown();
    }
    const known = this.#views.get(eventId);
    const view = known && !known.isClosed ? known : new SeatView(house, this.#parts.clock, this.#readerOf(eventId));
    if (view !== known) this.#keep(eventId, view);
    view.bringTo(house, askedAtMs);
    return view;
  }

  #readerOf(eventId: string) {
    return (after: number, upTo: number, limit: number) => this.#parts.changesBetween({ eventId, after, upTo }, limit);
  }

  #keep(eventId: string, view: SeatView): void {
    for (const [id, { isIdle }] of this.#views) if (isIdle) this.#forget(id);
    this.#views.set(eventId, view);
  }

  #forget(eventId: string): void {
    this.#views.get(eventId)?.close();
    this.#views.delete(eventId);
  }
}
