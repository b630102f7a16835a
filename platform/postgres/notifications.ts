import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

export type Notifications = {
  /** Calls `wake` at each NOTIFY on `channel`, and after every reconnection, for what came in between. */
  listen(channel: string, wake: () => void): void;
  stop(): Promise<void>;
};

const retryMs = 250;
const askEveryMs = 10_000;
const leaveMsMax = 2_000;
const answerMsMax = 10_000;

/**
 * One connection that LISTENs for the whole process and is opened anew when it breaks, or when it does not answer: a
 * line can die without a word, and who only listens would never hear of it.
 */
export class PostgresNotifications implements Notifications {
  readonly #url: string;
  readonly #wakers = new Map<string, (() => void)[]>();
  #client: pg.Client | undefined;
  #stopped = false;
  #retry: NodeJS.Timeout | undefined;
  #asking: NodeJS.Timeout | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  listen(channel: string, wake: () => void): void {
    this.#wakers.set(channel, [...(this.#wakers.get(channel) ?? []), wake]);
  }

  /** Resolves when the first connection listens; rejects when it cannot be made. */
  async start(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'ticketbuddy-listen',
      connectionTimeoutMillis: answerMsMax,
      query_timeout: answerMsMax,
    });
    client.on('notification', ({ channel }) => this.#wake(channel));
    client.on('error', () => this.#reconnect());
    client.on('end', () => this.#reconnect());
    this.#client = client;
    await client.connect();
    for (const channel of this.#wakers.keys()) await client.query(`listen "${channel}"`);
    for (const channel of this.#wakers.keys()) this.#wake(channel);
    clearInterval(this.#asking);
    this.#asking = setInterval(() => client.query('select 1').catch(() => this.#reconnect()), askEveryMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    clearInterval(this.#asking);
    // A line that has died takes no leave.
    const leave = this.#client?.end().catch(() => undefined);
    await Promise.race([leave, sleep(leaveMsMax, undefined, { ref: false })]);
  }

  #wake(channel: string): void {
    for (const wake of this.#wakers.get(channel) ?? []) wake();
  }

  #reconnect(): void {
    if (this.#stopped || this.#retry) return;
    clearInterval(this.#asking);
    this.#client?.removeAllListeners();
    this.#client?.on('error', () => undefined);
    this.#client?.end().catch(() => undefined);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.start().catch(() => this.#reconnect());
    }, retryMs);
  }
}
