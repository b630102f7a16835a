import type { Answer, EventStream, Incoming } from '@ticketbuddy/http';
import type { Clock } from '@ticketbuddy/runtime';
import type { House } from './house.ts';
import { layoutOf } from './layout.ts';
import { SeatWatchers } from './seat-changes.ts';
import { type ReadChanges, SeatHistory } from './seat-changes-history.ts';
import { type Position, SeatStatus } from './seat-status.ts';
import { SeatSnapshots } from './seat-status-snapshots.ts';

// Whoever has missed more reads all seats anew for less.
const missedMax = 10_000;
const idleMsMax = 10_000;

/** What this process shows of the seats of one event, to all who look at them. Times as `performance.now()` counts. */
export class SeatView {
  readonly #clock: Clock;
  readonly #read: ReadChanges;
  readonly #watchers = new SeatWatchers();
  #shown: Shown;
  #currentAtMs = Number.NEGATIVE_INFINITY;
  #lookedAtMs = performance.now();
  #isClosed = false;
  #time = { ms: Number.NaN, headers: {} };

  constructor(house: House, clock: Clock, read: ReadChanges) {
    this.#clock = clock;
    this.#read = read;
    this.#shown = this.#show(house);
  }

  get house(): House {
    return this.#shown.house;
  }

  /** How long ago it was certainly current. */
  get ageMs(): number {
    return performance.now() - this.#currentAtMs;
  }

  get watchers(): SeatWatchers {
    return this.#watchers;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isIdle(): boolean {
    return this.#watchers.size === 0 && performance.now() - this.#lookedAtMs > idleMsMax;
  }

  /** The status of all seats, or that it is what the client knows already. */
  status(asked: Incoming<unknown>['headers']): Answer {
    this.#lookedAtMs = performance.now();
    const nowMs = this.#clock.now().epochMilliseconds;
    const { status, snapshots } = this.#shown;
    status.advance(nowMs);
    return snapshots.of(status)(asked, this.#timeHeaders(nowMs));
  }

  /** Makes ready what somebody has to be told who knows the seats up to this version. */
  async reach(version: number): Promise<void> {
    await this.#shown.history.reach(version);
  }

  join(stream: EventStream, after: Position | undefined): () => void {
    if (this.#isClosed) stream.end();
    const { status } = this.#shown;
    status.follow();
    if (after) status.keepUpWith(after, this.#clock.now().epochMilliseconds);
    return this.#watchers.join(stream, after);
  }

  /** Tells the watchers what is new. */
  tell(): void {
    const { status, history } = this.#shown;
    const now = this.#clock.now();
    status.advance(now.epochMilliseconds);
    this.#watchers.tell(status, now, (after) => missed(after, status, history));
    if (this.#watchers.size === 0) status.unfollow();
  }

  /** Shows this house from now on, which was current at that time. */
  bringTo(house: House, currentAtMs: number): void {
    this.#currentAtMs = Math.max(this.#currentAtMs, currentAtMs);
    if (house === this.house) return;
    this.tell();
    const before = this.#shown;
    before.unwatch();
    this.#shown = this.#show(house);
    if (this.#watchers.size === 0) return;
    const isSameRoom = house.venue === before.house.venue && house.capacity === before.house.capacity;
    this.#shown.status.follow(isSameRoom ? before.status : undefined);
    if (!isSameRoom) this.#watchers.reset(this.#shown.status, this.#clock.now());
  }

  close(): void {
    this.#isClosed = true;
    this.#shown.unwatch();
    this.#watchers.endAll();
  }

  #show(house: House): Shown {
    const status = new SeatStatus(house, this.#clock.now().epochMilliseconds);
    const history = new SeatHistory(house.version, this.#read);
    const snapshots = new SeatSnapshots({ ...headers, 'seat-map-hash': layoutOf(house.venue).hash });
    const unwatch = house.watch((seats) => {
      // Nobody looks any more: whoever does so again begins anew.
      if (this.isIdle) return this.close();
      status.update(seats, this.#clock.now().epochMilliseconds);
      history.add({ version: house.version, seats });
    });
    return { house, status, history, snapshots, unwatch };
  }

  // To write a time takes longer than all else that is done for an answer.
  #timeHeaders(ms: number): Readonly<Record<string, string>> {
    if (ms !== this.#time.ms)
      this.#time = { ms, headers: { 'server-time': `${Temporal.Instant.fromEpochMilliseconds(ms)}` } };
    return this.#time.headers;
  }
}

type Shown = {
  readonly house: House;
  readonly status: SeatStatus;
  readonly history: SeatHistory;
  readonly snapshots: SeatSnapshots;
  readonly unwatch: () => void;
};

// A page of another origin may read the headers that it needs.
const headers = {
  'cache-control': 'no-cache',
  'access-control-expose-headers': 'etag, seat-position, seat-map-hash, server-time',
};

/** `undefined`: what is not known, or is not worth it. */
function missed(after: Position, status: SeatStatus, history: SeatHistory): readonly number[] | undefined {
  if (after.version > status.position.version) return undefined;
  const seats = history.since(after.version);
  for (const seat of seats ? status.endedSince(after.endedMs) : []) seats?.add(seat);
  return seats && seats.size <= missedMax ? [...seats] : undefined;
}
