import { setTimeout as delay } from 'node:timers/promises';
import { isTransient } from '@ticketbuddy/postgres';
import type pg from 'pg';
import { type Assembler, createAssembler } from './assemble.ts';
import type { Batch } from './batch.ts';
import { type Connection, connect } from './connection.ts';
import type { Message } from './pgoutput.ts';
import { isPast, type Position } from './position.ts';
import { schemaNow } from './prepare.ts';
import { assertReaches } from './slot.ts';
import { nameOf, type Unit } from './unit.ts';

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
  /** Waits until one of those has a change or a heartbeat, but no longer than `waitMs`. */
  untilChanged(waitMs: number): Promise<void>;
  /** The batch at `position` and all before are durable at the consumer; the source may forget them. */
  acknowledge(position: Position): void;
  close(): Promise<void>;
};

/**
 * Follows the unit's tables from a position on, each committed transaction once and in order, over as many connections as
 * it takes. A stream that is opened anew begins with the first transaction after `from`: what was handed out and not
 * saved comes again. Throws `NewCopyNeeded` when the slot cannot reach back to `from`.
 */
export async function openChangeStream(options: StreamOptions): Promise<ChangeStream> {
  await assertReaches(options.pool, options.unit, options.from);
  return new Follower(options);
}

// The source keeps what we do not take.
const changesHeldMax = 5_000;
const acknowledgeMs = 200;
const retryMs = 100;
// Our own broken connection may hold the slot for a moment. What is wrong with it is found, and named, before the next try.
const aboutTheSlot = new Set(['55006', '55000', '42704']);

class Follower implements ChangeStream {
  readonly #options: StreamOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  readonly #teller: NodeJS.Timeout;
  readonly #held: Batch[] = [];
  #heldSize = 0;
  #durable: Position;
  #failure: unknown;
  #connection: Connection | undefined;
  #isTaking = false;
  #changed = Promise.withResolvers<void>();

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#durable = options.from;
    this.#running = this.#run();
    // Besides telling how far we are it keeps the source from taking a long pause for a broken line.
    this.#teller = setInterval(() => this.#tell(), acknowledgeMs);
  }

  get waiting(): readonly Batch[] {
    return this.#held;
  }

  async next(waitMs: number): Promise<Batch | undefined> {
    const end = performance.now() + waitMs;
    for (let left = waitMs; ; left = end - performance.now()) {
      if (this.#held.length > 0) return this.#held[0];
      if (this.#failure !== undefined) throw this.#failure;
      if (left <= 0 || this.#closing.signal.aborted) return undefined;
      await this.#change(left);
    }
  }

  async untilChanged(waitMs: number): Promise<void> {
    const end = performance.now() + waitMs;
    const isOver = () => this.#failure !== undefined || this.#closing.signal.aborted || this.#isFull();
    for (let left = waitMs; left > 0 && !isOver() && !this.#held.some(saysSomething); left = end - performance.now())
      await this.#change(left);
  }

  acknowledge(position: Position): void {
    if (!isPast(position, this.#durable)) return;
    this.#durable = position;
    for (let [first] = this.#held; first && !isPast(first.position, position); [first] = this.#held) {
      this.#held.shift();
      this.#heldSize -= sizeOf(first);
    }
    this.#announce();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#teller);
    this.#connection?.acknowledge(this.#durable);
    this.#announce();
    await this.#connection?.close();
    await this.#running;
  }

  #tell(): void {
    const connection = this.#connection;
    if (!connection) return;
    connection.acknowledge(this.#durable);
    // While we are the ones who take nothing, nothing can come.
    if (!this.#isTaking && connection.isDead()) void connection.close();
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted && this.#failure === undefined) {
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
    await assertReaches(pool, unit, this.#durable);
    const shapes = await schemaNow(pool, unit);
    if (this.#closing.signal.aborted) return;
    this.#held.length = 0;
    this.#heldSize = 0;
    const assemble = createAssembler({ unit, shapes, skippedOrigin: ownOrigin });
    const connection = connect({
      url,
      name: nameOf(unit),
      from: this.#durable,
      onMessage: (message) => this.#take(message, assemble),
      // We answer before anybody has to ask, except a source that shuts down: it waits until we have all, which is not
      // for us to promise. Without us it need not wait.
      onQuestion: () => void connection.close(),
    });
    this.#connection = connection;
    await connection.ended.finally(() => this.#disconnect(connection));
  }

  async #disconnect(connection: Connection): Promise<void> {
    this.#connection = undefined;
    await connection.close();
  }

  async #take(message: Message | Error, assemble: Assembler): Promise<void> {
    if (this.#failure !== undefined) return;
    this.#isTaking = true;
    try {
      if (message instanceof Error) throw message;
      const batch = assemble(message);
      if (batch) await this.#hold(batch);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isTaking = false;
    }
  }

  async #hold(batch: Batch): Promise<void> {
    const connection = this.#connection;
    this.#held.push(batch);
    this.#heldSize += sizeOf(batch);
    this.#announce();
    while (this.#isFull() && this.#connection === connection && !this.#closing.signal.aborted) await this.#change();
  }

  #isFull(): boolean {
    return this.#held.length > 1 && this.#heldSize > changesHeldMax;
  }

  #hear(error: unknown): void {
    if (isTransient(error) || aboutTheSlot.has((error as { code?: string }).code ?? '')) {
      this.#options.onInterruption?.(error);
    } else this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#failure = error;
    this.#announce();
    void this.#connection?.close();
  }

  async #change(withinMs?: number): Promise<void> {
    const { promise } = this.#changed;
    if (withinMs === undefined) return promise;
    const late = new AbortController();
    const timer = delay(withinMs, undefined, { signal: late.signal }).catch(() => undefined);
    await Promise.race([promise, timer]);
    late.abort();
  }

  #announce(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}

function saysSomething({ changes, heartbeat }: Batch): boolean {
  return changes.length > 0 || heartbeat !== undefined;
}

function sizeOf({ changes }: Batch): number {
  return changes.length + 1;
}
