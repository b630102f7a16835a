/** A fact that one context publishes for others. */
export type Message = {
  readonly id: string;
  /** The message type on the wire, such as `urn:message:Integration.Events.Messaging:EventUpserted`. */
  readonly urn: string;
  /** The aggregate it is about; messages of one key arrive in the order in which they were committed. */
  readonly key: string;
  /** The aggregate's version, which grows with every change; consumers skip what is older than what they know. */
  readonly version: number;
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
  /** A throwing `handle` is called again after each of `retryDelaysMs`, then the message is parked. */
  consume(queue: string, handle: Handle): Subscription;
};
