import type pg from 'pg';

/** What a process of ours does when it comes to its fatal step. */
export type Crash = {
  /** The first step is 1; each statement, and whatever is passed to `step`, is one. */
  readonly atStep: number;
  /** `before`: the step never happens. `after`: it has happened, and nobody hears of it. */
  readonly when: 'before' | 'after';
  /** `killed`: nothing more happens in it. `cut off`: the server ends its connections, and it lives on. */
  readonly how: 'killed' | 'cut off';
};

/** Thrown in a process that was killed, at everything that it still tries to do. */
class ProcessDied extends Error {
  override readonly name = 'ProcessDied';
}

/**
 * A process of ours as the database sees it: connections that can break between any two statements. What a killed one
 * had not committed is rolled back, as the server does when a connection is lost.
 */
export class CrashingProcess {
  readonly #connections: pg.Pool;
  readonly #crash: Crash | undefined;
  readonly #taken = new Set<pg.PoolClient>();
  readonly #running = new Set<Promise<unknown>>();
  #steps = 0;
  #hasCrashed = false;
  #isDead = false;

  constructor(connections: pg.Pool, crash?: Crash) {
    this.#connections = connections;
    this.#crash = crash;
  }

  get hasCrashed(): boolean {
    return this.#hasCrashed;
  }

  /** The part of a pool that the product uses. */
  get pool(): pg.Pool {
    const query = async (...given: readonly unknown[]) => {
      const client = await this.#connect();
      try {
        return await (client.query as Query)(...given);
      } finally {
        client.release();
      }
    };
    return { connect: () => this.#connect(), query } as unknown as pg.Pool;
  }

  /** Does what a process does in one step, unless it dies before or after. */
  async step<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isDead) throw new ProcessDied('killed');
    const isFatal = ++this.#steps === this.#crash?.atStep;
    if (isFatal && this.#crash?.when === 'before') await this.#die(this.#crash);
    const working = work();
    this.#running.add(working.catch(() => undefined));
    const done = await working;
    if (isFatal && this.#crash?.when === 'after') await this.#die(this.#crash);
    if (this.#isDead) throw new ProcessDied('killed');
    return done;
  }

  /** Ends it: whatever it has open is rolled back. */
  async end(): Promise<void> {
    this.#isDead = true;
    await Promise.all(this.#running);
    for (const client of [...this.#taken]) {
      this.#taken.delete(client);
      const failure = await client.query('rollback').then(
        () => undefined,
        (error: Error) => error,
      );
      client.release(failure);
    }
  }

  async #die({ how }: Crash): Promise<void> {
    this.#hasCrashed = true;
    if (how === 'cut off') return this.#cutOff();
    this.#isDead = true;
    throw new ProcessDied('killed');
  }

  async #cutOff(): Promise<void> {
    const ended = [...this.#taken].map((client) => new Promise((resolve) => client.once('end', resolve)));
    const pids = [...this.#taken].map((client) => (client as unknown as { processID: number }).processID);
    await this.#connections.query('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', [pids]);
    await Promise.all(ended);
  }

  async #connect(): Promise<pg.PoolClient> {
    if (this.#isDead) throw new ProcessDied('killed');
    const client = await this.#connections.connect();
    if (this.#isDead) {
      // Killed while it waited for the connection: nobody else would give it back.
      client.release();
      throw new ProcessDied('killed');
    }
    this.#taken.add(client);
    const query = (...given: readonly unknown[]) => this.step(() => (client.query as Query).apply(client, [...given]));
    const release = (failure?: Error | boolean) => {
      if (this.#isDead || !this.#taken.delete(client)) return;
      client.release(failure);
    };
    return Object.assign(Object.create(client), { query, release });
  }
}

type Query = (...given: readonly unknown[]) => Promise<unknown>;
