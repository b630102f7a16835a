import { setTimeout as delay } from 'node:timers/promises';
import { isTransient } from '@ticketbuddy/postgres';
import type pg from 'pg';
import type { Batch } from './batch.ts';
import { capturingOf } from './capture.ts';
import type { Capturing, Feed } from './capturing.ts';
import { Held } from './held.ts';
import type { Position } from './position.ts';
import { schemaNow } from './prepare.ts';
import { assertReaches } from './slot.ts';
import type { Unit } from './unit.ts';

export type StreamOptions = {
  /** Of the source's database, for a role that may replicate. */
  readonly url: string;
  /** To the same database. */
  readonly pool: pg.Pool;
  readonly unit: Unit;
  /** Where the consumer is: what `createSlot` answered, or the position of the last batch that it has saved. */
  readonly from: Position;
  /** The replication origin of our own writes at the source, whose changes are left out. */
  readonly ownOrigin?: string;
  /** Hears of each connection that broke, and of what kept the next one from being made; the stream tries on. */
  readonly onInterruption?: (error: unknown) => void;
};

export type ChangeStream = {
  /**
   * The oldest transaction that is not acknowledged; the same one until it is. `undefined` when none came within `waitMs`.
   * Throws `SchemaChanged` or `NewCopyNeeded` when all that came before has been acknowledged.
   */
  next(waitMs: number): Promise<Batch | undefined>;
  /** What is not acknowledged and has come by now, the oldest first: what `next` would answer without waiting, one after the other. */
  readonly waiting: readonly Batch[];
  /** Waits until one of those is wanted, without being told which: has a change or a heartbeat. But no longer than `waitMs`. */
  untilChanged(waitMs: number, isWanted?: (batch: Batch) => boolean): Promise<void>;
  /** The batch at `position` and all before are durable at the consumer; the source may forget them. */
  acknowledge(position: Position): void;
  close(): Promise<void>;
};

/**
 * Follows the unit's tables from a position on, each committed transaction once and in order, over as many connections as
 * it takes. A stream that is opened anew begins with the first transaction after `from`: what was handed out and not
 * saved comes again. Throws `NewCopyNeeded` when the source does not have all that came after `from`.
 */
export async function openChangeStream(options: StreamOptions): Promise<ChangeStream> {
  const { pool, unit, from } = options;
  const capturing = await capturingOf(pool, unit);
  await capturing.renew(pool, unit);
  await assertReaches(pool, unit, from);
  return new Follower(options, capturing);
}

const acknowledgeMs = 200;
const retryMs = 100;
// Our own broken connection may hold the slot for a moment. What is wrong with it is found, and named, before the next try.
const aboutTheSlot = new Set(['55006', '55000', '42704']);

class Follower implements ChangeStream {
  readonly #options: StreamOptions;
  readonly #capturing: Capturing;
  readonly #closing = new AbortController();
  readonly #held: Held;
  readonly #running: Promise<void>;
  readonly #teller: NodeJS.Timeout;
  #feed: Feed | undefined;

  constructor(options: StreamOptions, capturing: Capturing) {
    this.#options = options;
    this.#capturing = capturing;
    this.#held = new Held(options.from, this.#closing.signal);
    this.#running = this.#run();
    // Besides telling how far we are it keeps the source from taking a long pause for a broken line.
    this.#teller = setInterval(() => this.#feed?.acknowledge(this.#held.durable), acknowledgeMs);
  }

  get waiting(): readonly Batch[] {
    return this.#held.batches;
  }

  next(waitMs: number): Promise<Batch | undefined> {
    return this.#held.next(waitMs);
  }

  untilChanged(waitMs: number, isWanted?: (batch: Batch) => boolean): Promise<void> {
    return this.#held.untilChanged(waitMs, isWanted);
  }

  acknowledge(position: Position): void {
    this.#held.acknowledge(position);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#teller);
    this.#feed?.acknowledge(this.#held.durable);
    this.#held.wake();
    await this.#feed?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted && !this.#held.hasFailed) {
      try {
        await this.#follow();
      } catch (error) {
        if (!this.#closing.signal.aborted) this.#hear(error);
      }
      await delay(retryMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
  }

  async #follow(): Promise<void> {
    const { url, pool, unit, ownOrigin } = this.#options;
    await assertReaches(pool, unit, this.#held.durable);
    const shapes = await schemaNow(pool, unit);
    if (this.#closing.signal.aborted) return;
    this.#held.forget();
    const end = new AbortController();
    const feed = this.#capturing.openFeed({
      url,
      unit,
      shapes,
      from: this.#held.durable,
      skippedOrigin: ownOrigin,
      hold: (batch) => this.#held.hold(batch, end.signal),
      fail: (error) => this.#fail(error),
    });
    this.#feed = feed;
    await feed.ended.finally(() => this.#leave(feed, end));
  }

  async #leave(feed: Feed, end: AbortController): Promise<void> {
    this.#feed = undefined;
    end.abort();
    this.#held.wake();
    await feed.close();
  }

  #hear(error: unknown): void {
    if (isTransient(error) || aboutTheSlot.has((error as { code?: string }).code ?? '')) {
      this.#options.onInterruption?.(error);
    } else this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#held.fail(error);
    void this.#feed?.close();
  }
}
