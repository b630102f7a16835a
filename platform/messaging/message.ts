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
  /** The trace in which it was sent (W3C). */
  readonly traceparent?: string | undefined;
  readonly body: unknown;
};

export type Queue = {
  readonly name: string;
  readonly urns: readonly string[];
  /** Missing: the queue is ours. RabbitMQ only. */
  readonly legacy?: LegacyQueue;
};

/** How a queue that is not ours alone is made, and taken from. */
export type LegacyQueue = {
  /**
   * `alone`: nothing is taken while somebody else does, and then the server keeps everybody else away. `competing`: each
   * message goes to one of those who take from the queue, so that messages of one key may be worked on at once.
   */
  readonly mode: 'alone' | 'competing';
  /** Where JSON without an envelope comes from, and the type that it counts as. Missing: the queue is the legacy's. */
  readonly raw?: RawSource | undefined;
};

export type RawSource = { readonly urn: string; readonly exchange: string; readonly routingKey: string };

/** Done means: applied, or known to have been applied: that is a duplicate. A throw means: not applied. */
// biome-ignore lint/suspicious/noConfusingVoidType: most handlers have nothing to answer.
export type Handle = (message: Message) => Promise<void | 'duplicate'>;

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
  failed(message: Message, error: unknown, attempt: number, queue: string): void;
  /** A message was set aside. */
  parked(queue: string, messageId: string, reason: string): void;
  /** The server says that it has delivered the message before. */
  redelivered?(queue: string): void;
  /** Nothing is taken from a queue as long as so many others take from it; 0: they are gone. Told when it changes. */
  waiting?(queue: string, others: number): void;
  /** Nothing will be taken from a queue: the server does not let us, and will not. */
  unusable?(queue: string, reason: string): void;
  /** The connection was lost, or could not be made; it is tried again. */
  disconnected(error: unknown): void;
};
