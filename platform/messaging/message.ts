/** A fact that one context publishes for others. */
export type Message = {
  readonly id: string;
  /** The message type on the wire, such as `urn:message:Integration.Events.Messaging:EventUpserted`. */
  readonly urn: string;
  /** The aggregate it is about; messages of one key arrive in the order in which they were committed. */
  readonly key: string;
  /** The aggregate's version, which grows with every change. The legacy sends none: then `sentAt` has to decide. */
  readonly version: number | undefined;
  /** To 100 ns. */
  readonly sentAt: Temporal.Instant;
  readonly body: unknown;
};

export type Queue = { readonly name: string; readonly urns: readonly string[] };

/** Done means: applied, or known to have been applied. A throw means: not applied. */
export type Handle = (message: Message) => Promise<void>;

export type Subscription = { stop(): Promise<void> };

/** Where messages wait between contexts. At least once; in order per key. */
export type Broker = {
  /** Makes the queues and what leads into them; must be done by every process before it publishes. */
  declare(queues: readonly Queue[]): Promise<void>;
  /** Resolves when every queue that wants the messages has them durably. */
  publish(messages: readonly Message[]): Promise<void>;
  /**
   * A throwing `handle` is called again after each of `retryDelaysMs`, then the message is parked; while the error is
   * transient it is called again until it is not, and nothing is parked. Messages of the same key wait behind it.
   */
  consume(queue: string, handle: Handle): Subscription;
};

/** The legacy's: two retries, after half a second and after one. Then the message is parked. */
export const retryDelaysMs: readonly number[] = [500, 1_000];

/** What a broker tells of its work; the process logs and counts it. */
export type BrokerReport = {
  /** An attempt failed; `attempt` counts from 1. */
  failed(message: Message, error: unknown, attempt: number): void;
  /** A message was set aside. */
  parked(queue: string, messageId: string, reason: string): void;
  /** The connection was lost, or could not be made; it is tried again. */
  disconnected(error: unknown): void;
};
