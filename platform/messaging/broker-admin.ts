/** How a queue stands at this moment. */
export type QueueDepth = {
  readonly queue: string;
  /** Messages that wait to be handled; RabbitMQ does not count those that are being worked on. */
  readonly waiting: number;
  /** Messages that a person has to see. */
  readonly parked: number;
};

/** A message that was set aside. */
export type ParkedMessage = {
  readonly queue: string;
  /** The sender's, or made from the content when it gave none. */
  readonly id: string;
  /** Unknown when the message could not be read. */
  readonly urn: string | undefined;
  readonly reason: string;
  readonly attempts: number;
  readonly parkedAt: Temporal.Instant | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  /** As it came, as text. */
  readonly body: string;
};

/** Which parked messages of a queue: those with these ids, or all that are parked at this moment. */
export type Chosen = readonly string[] | 'all';

/** What a person, or a gauge, sees of a broker's queues and can do about what is parked. */
export type BrokerAdmin = {
  /** In the order of `queues`, one cheap question for each; a queue that does not exist (yet) is left out. */
  depths(queues: readonly string[]): Promise<readonly QueueDepth[]>;
  /** Oldest first; they stay where they are. */
  parked(queue: string): Promise<readonly ParkedMessage[]>;
  /**
   * Puts them back into the queue, at its end, oldest first and as they first came, and wakes its consumer. Answers the
   * ids of those it put back. When it throws, some may be back: none is lost, and one may be both back and still parked.
   */
  retry(queue: string, chosen: Chosen): Promise<readonly string[]>;
  /** Deletes them. Answers the ids of those it deleted. */
  drop(queue: string, chosen: Chosen): Promise<readonly string[]>;
  close(): Promise<void>;
};
