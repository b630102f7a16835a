import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { LogicalReplicationService, PgoutputPlugin } from 'pg-logical-replication';
import { decode, type Message } from './pgoutput.ts';
import { justBefore, type Position } from './position.ts';
import { exactTextSettings } from './store.ts';

export type Connection = {
  /** Settles when the connection has ended; rejects with the reason, if there is one. */
  readonly ended: Promise<unknown>;
  /** Tells the source that all before `position` is durable, and asks for an answer if it was silent for a second. */
  acknowledge(position: Position): void;
  /** Whether it has not begun, or nothing has come, for so long that nothing will. */
  isDead(): boolean;
  close(): Promise<void>;
};

export type ConnectionOptions = {
  readonly url: string;
  /** Of the slot and of the publication. */
  readonly name: string;
  readonly from: Position;
  /** While it has not settled, no more is read from the source. Must not throw. */
  readonly onMessage: (message: Message | Error) => Promise<void> | void;
  /** The source wants to hear at once what is durable. */
  readonly onQuestion: () => void;
};

const beginMsMax = 5_000;
// The source answers when it is asked, unless it is busy with a transaction that is very large.
const askAfterMs = 1_000;
const silentMsMax = 60_000;
const closeMsMax = 2_000;

/** Reads the slot from `from` on. */
export function connect({ url, name, from, onMessage, onQuestion }: ConnectionOptions): Connection {
  const options = Object.entries(exactTextSettings).map(([setting, value]) => `-c ${setting}=${value}`);
  const service = new LogicalReplicationService(
    { connectionString: url, options: options.join(' '), application_name: name, keepAlive: true },
    // With a timeout the library would acknowledge what it has received, durable or not.
    { acknowledge: { auto: false, timeoutSeconds: 0 }, flowControl: { enabled: true } },
  );
  // The same reason comes by the promise.
  service.on('error', () => undefined);
  let [heardAtMs, allowedMs] = [performance.now(), beginMsMax];
  const silentMs = () => performance.now() - heardAtMs;
  service.on('start', () => {
    [heardAtMs, allowedMs] = [performance.now(), silentMsMax];
  });
  service.on('data', (_position, message) => {
    heardAtMs = performance.now();
    return onMessage(message);
  });
  service.on('heartbeat', (_position, _time, wantsAnswer) => {
    heardAtMs = performance.now();
    if (wantsAnswer) onQuestion();
  });
  const plugin = new ExactPlugin({ protoVersion: 1, publicationNames: [name] });
  const closed = Promise.withResolvers<void>();
  const subscribed = service.subscribe(plugin, name, from);
  listenEarly(service);
  return {
    // One that is closed while it connects would never say that it has ended.
    ended: Promise.race([subscribed, closed.promise]),
    // The library adds one: acknowledged as it is, a commit that follows without a gap would never be sent.
    acknowledge: (position) =>
      void service.acknowledge(justBefore(position), silentMs() > askAfterMs).catch(() => undefined),
    isDead: () => silentMs() > allowedMs,
    async close() {
      closed.resolve();
      // A connection that ends while it begins may never say so.
      await Promise.race([service.destroy(), delay(closeMsMax, undefined, { ref: false })]);
    },
  };
}

/**
 * The library listens for errors once it has connected; a server that goes down can say so together with being ready, and
 * an error that nobody listens for ends the process. The client is made by now or within microtasks, and only then reads.
 */
function listenEarly(service: LogicalReplicationService): void {
  setImmediate(() => {
    const { _client: client } = service as unknown as { readonly _client: pg.Client | null };
    client?.on('error', () => undefined);
  });
}

class ExactPlugin extends PgoutputPlugin {
  // It is called where a throw would end the process. The bytes are overwritten by what comes next.
  // biome-ignore lint/suspicious/noExplicitAny: what a plugin makes of the bytes is its own affair, but PgoutputPlugin says its own.
  override parse(bytes: Buffer): any {
    try {
      return decode(bytes) satisfies Message;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}
