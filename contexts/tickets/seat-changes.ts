import type { EventStream } from '@ticketbuddy/http';
import { counter } from '@ticketbuddy/telemetry';
import { formatPosition, type Position, type SeatStatus } from './seat-status.ts';

/** Somebody who begins to watch: who has not been told yet what there is to catch up with. */
type Joining = { readonly stream: EventStream; readonly after: Position | undefined };

const joined = counter('ticketbuddy_seat_watchers_joined_total', 'Streams of seat changes that were opened.');
const left = counter('ticketbuddy_seat_watchers_left_total', 'Streams of seat changes that have ended.');

const beat = Buffer.from(':\n\n');
const retryMs = { least: 1_000, most: 3_000 };

/**
 * The watchers of one event. All are told the same, which is encoded once; whoever joins is told first, in the same step
 * as all others, what has changed since the position that he comes with.
 */
export class SeatWatchers {
  readonly #watching = new Set<EventStream>();
  readonly #joining = new Map<EventStream, Joining>();

  get size(): number {
    return this.#watching.size + this.#joining.size;
  }

  /** Without a position only what changes from now on is told. Answers what to do when the stream has ended. */
  join(stream: EventStream, after: Position | undefined): () => void {
    this.#joining.set(stream, { stream, after });
    joined.add(1);
    return () => {
      left.add(1);
      this.#watching.delete(stream);
      this.#joining.delete(stream);
    };
  }

  /** Tells what has changed, and lets in who waits for it. `since` answers `undefined` to what is too far back. */
  tell(
    status: SeatStatus,
    serverTime: Temporal.Instant,
    since: (after: Position) => readonly number[] | undefined,
  ): void {
    const changed = status.takeChanges();
    if (changed.length > 0) this.#write(changesEvent(status, changed, serverTime));
    const welcomes = new Map<string, Buffer>();
    for (const { stream, after } of this.#joining.values()) {
      const key = after ? formatPosition(after) : '';
      const missed = after && !welcomes.has(key) ? since(after) : [];
      const welcome = welcomes.get(key) ?? eventFor(status, missed, serverTime);
      welcomes.set(key, welcome);
      // So that a thousand of them do not come back in the same moment.
      stream.write(`retry: ${retryMs.least + Math.floor(Math.random() * (retryMs.most - retryMs.least))}\n`);
      stream.write(welcome);
      this.#watching.add(stream);
    }
    this.#joining.clear();
  }

  /** Tells all that they have to read the status anew. */
  reset(status: SeatStatus, serverTime: Temporal.Instant): void {
    status.takeChanges();
    this.#write(resetEvent(status, serverTime));
  }

  /** Sends what means nothing, so that nobody between takes a silent stream for a dead one. */
  beat(): void {
    this.#write(beat);
  }

  endAll(): void {
    for (const stream of [...this.#watching, ...this.#joining.keys()]) stream.end();
  }

  #write(piece: Buffer): void {
    for (const stream of this.#watching) stream.write(piece);
  }
}

function eventFor(status: SeatStatus, changed: readonly number[] | undefined, serverTime: Temporal.Instant): Buffer {
  return changed ? changesEvent(status, changed, serverTime) : resetEvent(status, serverTime);
}

function changesEvent(status: SeatStatus, changed: readonly number[], serverTime: Temporal.Instant): Buffer {
  const seats: [number[], number[], number[]] = [[], [], []];
  for (const seat of changed) seats[status.codeOf(seat)].push(seat);
  const [free, held, sold] = seats;
  return eventOf(
    status,
    '',
    `"free":[${free}],"held":[${held}],"sold":[${sold}],"serverTime":"${timeText(serverTime)}"`,
  );
}

function resetEvent(status: SeatStatus, serverTime: Temporal.Instant): Buffer {
  return eventOf(status, 'event: reset\n', `"serverTime":"${timeText(serverTime)}"`);
}

function eventOf({ position }: SeatStatus, name: string, members: string): Buffer {
  const data = `{"version":${position.version},${members}}`;
  return Buffer.from(`${name}id: ${formatPosition(position)}\ndata: ${data}\n\n`);
}

function timeText(time: Temporal.Instant): string {
  return time.toString({ smallestUnit: 'millisecond' });
}
