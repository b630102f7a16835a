import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { conflict } from '@ticketbuddy/errors';
import type pg from 'pg';
import { lockWriter, setOrigin } from './store.ts';

export type WriterOptions = {
  /** To the target. The writer keeps one connection of it. */
  readonly pool: pg.Pool;
  /** Where checkpoints, rejects and the like are kept in the target; made by `begin`. */
  readonly schema: string;
  /** The name of the unit. */
  readonly unit: string;
  /** The replication origin that every transaction carries, so that a stream the other way can leave it out. */
  readonly origin?: string;
};

/** The only writer of a unit in the target. */
export type Writer = {
  readonly schema: string;
  readonly unit: string;
  /** Runs `work` in one transaction, after the one before it has ended; rolls back what it threw. */
  transaction<R>(work: (tx: pg.PoolClient) => Promise<R>): Promise<R>;
  close(): Promise<void>;
};

/** Becomes the unit's writer; throws a conflict while another one lives, in any process. */
export async function openWriter(options: WriterOptions): Promise<Writer> {
  const writer = new SingleWriter(options);
  await writer.transaction(async () => undefined);
  return writer;
}

// So long may it take until the server has noticed that a writer was killed.
const attemptsMax = 40;
const attemptMs = 50;

class SingleWriter implements Writer {
  readonly schema: string;
  readonly unit: string;
  readonly #options: WriterOptions;
  #client: pg.PoolClient | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: WriterOptions) {
    this.schema = options.schema;
    this.unit = options.unit;
    this.#options = options;
  }

  transaction<R>(work: (tx: pg.PoolClient) => Promise<R>): Promise<R> {
    const result = this.#last.then(() => this.#run(work));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    await this.#last;
    this.#letGo();
  }

  async #run<R>(work: (tx: pg.PoolClient) => Promise<R>): Promise<R> {
    this.#client ??= await this.#connect();
    const client = this.#client;
    try {
      await client.query('begin');
      const result = await work(client);
      const { command } = await client.query('commit');
      assert.equal(command, 'COMMIT', 'a statement failed and its error was swallowed');
      return result;
    } catch (error) {
      await client.query('rollback').catch(() => this.#letGo());
      throw error;
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    const client = await this.#options.pool.connect();
    try {
      // Between its transactions it may wait for a long time.
      await client.query('set idle_session_timeout = 0');
      await this.#become(client);
      return client;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  async #become(client: pg.PoolClient): Promise<void> {
    const { unit, origin } = this.#options;
    for (let attempt = 1; !(await lockWriter(client, unit)); attempt++) {
      if (attempt === attemptsMax)
        throw conflict('writer_exists', `Another process writes what comes by ${unit}, and there is one at a time.`);
      await delay(attemptMs);
    }
    if (origin !== undefined) await setOrigin(client, origin);
  }

  // Its lock and its origin belong to the connection, which therefore must not go back to the pool.
  #letGo(): void {
    this.#client?.release(true);
    this.#client = undefined;
  }
}
