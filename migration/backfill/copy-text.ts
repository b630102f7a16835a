import type pg from 'pg';

/** Rows on their way into a table, in the text format of COPY. */
export type CopyIn = {
  /** Takes the line from a byte on; it is copied. What it answers is to be waited for before more comes, as far as that can be. */
  write(line: Buffer, from?: number): Promise<unknown> | undefined;
  /** Throws what the server has against one of the lines. */
  end(): Promise<void>;
  /** None of the lines counts. Never throws. */
  giveUp(): Promise<void>;
};

/** Begins `copy … from stdin`; the connection is to be asked nothing else until it has ended. */
export async function copyIn(client: pg.PoolClient, sql: string): Promise<CopyIn> {
  const writing = new Writing(sql);
  await client.query(writing);
  await writing.begun;
  return writing;
}

/**
 * Runs `copy … to stdout` and hands each row out as a line that ends with a newline, of which the bytes are valid during the
 * call alone. While what a call answers has not settled, no more is read from the source. Throws what a call has thrown,
 * when the source has come to its end.
 */
export async function copyOut(
  client: pg.PoolClient,
  sql: string,
  onLine: (line: Buffer) => Promise<unknown> | undefined,
): Promise<void> {
  const reading = new Reading(sql, onLine);
  await client.query(reading);
  await reading.ended;
}

/** What pg's connection can besides what its types tell. */
type Connection = pg.Connection & {
  sendCopyFromChunk(bytes: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
};

// The least that is worth a message of its own.
const blockBytes = 64 * 1024;
// Enough to keep one side busy while the other is not.
const waitingBytesMax = 8 * 1024 * 1024;

class Writing implements pg.Submittable, CopyIn {
  readonly #sql: string;
  readonly #begun = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #block = Buffer.allocUnsafe(blockBytes);
  #size = 0;
  #connection: Connection | undefined;
  #drained: Promise<unknown> | undefined;

  constructor(sql: string) {
    this.#sql = sql;
    // They are waited for by whoever ends it; one that fails before is no accident of the process.
    this.#begun.promise.catch(() => undefined);
    this.#ended.promise.catch(() => undefined);
  }

  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  write(line: Buffer, from = 0): Promise<unknown> | undefined {
    const bytes = line.length - from;
    if (this.#size + bytes > blockBytes) this.#send();
    if (bytes > blockBytes) this.#connection?.sendCopyFromChunk(line.subarray(from));
    else this.#size += line.copy(this.#block, this.#size, from);
    return this.#drained;
  }

  end(): Promise<void> {
    this.#send();
    this.#connection?.endCopyFrom();
    return this.#ended.promise;
  }

  async giveUp(): Promise<void> {
    this.#connection?.sendCopyFail('given up');
    await this.#ended.promise.catch(() => undefined);
  }

  submit(connection: pg.Connection): void {
    this.#connection = connection as Connection;
    connection.query(this.#sql);
  }

  handleCopyInResponse(): void {
    this.#begun.resolve();
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#connection = undefined;
    this.#ended.resolve();
  }

  // From here on the server drops what comes, and the connection may be asked something else.
  handleError(error: Error): void {
    this.#connection = undefined;
    this.#begun.reject(error);
    this.#ended.reject(error);
  }

  #send(): void {
    const connection = this.#connection;
    if (!connection || this.#size === 0) return;
    connection.sendCopyFromChunk(this.#block.subarray(0, this.#size));
    this.#size = 0;
    if (this.#drained || connection.stream.writableLength < waitingBytesMax) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    connection.stream.once('drain', resolve);
    const drained = Promise.race([promise, this.#ended.promise]).catch(() => undefined);
    this.#drained = drained.finally(() => {
      this.#drained = undefined;
    });
  }
}

class Reading implements pg.Submittable {
  readonly #sql: string;
  readonly #onLine: (line: Buffer) => Promise<unknown> | undefined;
  readonly #ended = Promise.withResolvers<void>();
  #connection: pg.Connection | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(sql: string, onLine: (line: Buffer) => Promise<unknown> | undefined) {
    this.#sql = sql;
    this.#onLine = onLine;
    this.#ended.promise.catch(() => undefined);
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  submit(connection: pg.Connection): void {
    this.#connection = connection;
    connection.query(this.#sql);
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    if (this.#failure) return;
    try {
      const isTaken = this.#onLine(chunk);
      if (isTaken) this.#waitFor(isTaken);
    } catch (error) {
      this.#failure = { error };
    }
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    if (this.#failure) this.#ended.reject(this.#failure.error);
    else this.#ended.resolve();
  }

  handleError(error: Error): void {
    this.#ended.reject(error);
  }

  #waitFor(isTaken: Promise<unknown>): void {
    const stream = this.#connection?.stream;
    if (!stream || stream.isPaused()) return;
    stream.pause();
    const goOn = () => void stream.resume();
    isTaken.then(goOn, goOn);
  }
}
