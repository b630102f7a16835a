import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import pg from 'pg';

// Longer than the server lets a statement run.
const silenceMsMax = 35_000;

export type PoolOptions = { readonly url: string; readonly connections: number };

/**
 * A pool whose connections prepare each SQL text once (2.8 times as fast on the batched statements), speak UTC, read
 * int8 as number (throws beyond 2^53) and timestamptz as `Temporal.Instant` to the microsecond, its infinities as the
 * ends of .NET's time. A connection on which nothing was answered for 35 s is closed, and what was asked fails with a
 * passing error.
 */
export function createPool({ url, connections }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    Client: PreparingClient,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    // A statement that waits for somebody's lock, or runs away, ends as a 503 instead of holding everybody up. A session
    // whose line has died lets go of its locks: only the server can end it, and would wait for hours.
    options:
      '-c timezone=UTC -c datestyle=ISO -c lock_timeout=10s -c statement_timeout=30s -c idle_in_transaction_session_timeout=45s',
    types: { getTypeParser },
    application_name: 'ticketbuddy',
  } as pg.PoolConfig);
  // An idle connection that breaks is replaced at its next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  closeSilentOnes(pool);
  return pool;
}

/** Lets a connection of a pool of ours be silent for as long as it likes, or no longer. */
export function allowSilence(client: pg.PoolClient, isAllowed: boolean): void {
  (client as unknown as PreparingClient).mayBeSilent = isAllowed;
}

// A line can die without a word. When one connection is found out, those that have said nothing since it was asked are
// not waited for one by one.
function closeSilentOnes(pool: pg.Pool): void {
  const clients = new Set<PreparingClient>();
  pool.on('connect', (client) => {
    const own = client as unknown as PreparingClient;
    clients.add(own);
    own.onSilence = (askedAt) => {
      for (const other of clients) if (other.heardAt < askedAt) other.hangUp();
    };
  });
  pool.on('remove', (client) => clients.delete(client as unknown as PreparingClient));
}

const statementNames = new Map<string, string>();

class PreparingClient extends pg.Client {
  mayBeSilent = false;
  heardAt = performance.now();
  onSilence: ((askedAt: number) => void) | undefined;
  #silence: NodeJS.Timeout | undefined;

  constructor(config?: pg.ClientConfig) {
    super(config);
    // A connection that breaks between two statements of a transaction says so by an event, which would end the
    // process; its next statement fails and says the same.
    this.on('error', () => undefined);
    this.on('end', () => clearTimeout(this.#silence));
    // Everything that was asked is answered.
    this.on('drain', () => {
      clearTimeout(this.#silence);
      this.heardAt = performance.now();
    });
  }

  /** What was asked fails as on any connection that breaks. */
  hangUp(): void {
    const { stream } = (this as unknown as { readonly connection: { readonly stream: Socket } }).connection;
    const silent = new Error(`PostgreSQL has not answered for ${silenceMsMax} ms`);
    stream.destroy(Object.assign(silent, { code: 'ETIMEDOUT', syscall: 'read' }));
  }

  // biome-ignore lint/suspicious/noExplicitAny: pg's query has a dozen overloads; all pass through here unchanged.
  override query(query: any, values?: any, callback?: any): any {
    this.#expectAnswer();
    if (typeof query === 'string' && Array.isArray(values)) {
      return super.query({ name: statementName(query), text: query, values }, callback);
    }
    return super.query(query, values, callback);
  }

  #expectAnswer(): void {
    clearTimeout(this.#silence);
    if (this.mayBeSilent) return;
    const askedAt = performance.now();
    this.#silence = setTimeout(() => {
      this.hangUp();
      this.onSilence?.(askedAt);
    }, silenceMsMax);
  }
}

function statementName(sql: string): string {
  let name = statementNames.get(sql);
  if (name === undefined) {
    name = createHash('sha1').update(sql).digest('hex').slice(0, 20);
    statementNames.set(sql, name);
  }
  return name;
}

const int8 = 20;
const timestamptz = 1184;

// biome-ignore lint/suspicious/noExplicitAny: the signature is pg's.
function getTypeParser(oid: number, format?: any): any {
  if (oid === int8) return safeInteger;
  if (oid === timestamptz) return parseTimestamptz;
  return pg.types.getTypeParser(oid, format);
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} does not fit a number`);
  return value;
}

// Rows that were written together have the same times, and to read one takes more than a microsecond.
const recentInstants = new Map<string, Temporal.Instant>();
const recentMax = 256;

// Where .NET's time ends, PostgreSQL's driver for it writes infinity: no moment of that precision is kept otherwise.
const infinities: Readonly<Record<string, Temporal.Instant>> = {
  infinity: Temporal.Instant.from('9999-12-31T23:59:59.9999999Z'),
  '-infinity': Temporal.Instant.from('0001-01-01T00:00:00Z'),
};

function parseTimestamptz(text: string): Temporal.Instant {
  const known = recentInstants.get(text);
  if (known) return known;
  const instant = infinities[text] ?? Temporal.Instant.from(text);
  if (recentInstants.size === recentMax) recentInstants.clear();
  recentInstants.set(text, instant);
  return instant;
}
