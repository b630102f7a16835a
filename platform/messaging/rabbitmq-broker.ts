import { setTimeout as sleep } from 'node:timers/promises';
import { AMQPChannelError, AMQPConnectionError, type Channel, Connection } from 'rabbitmq-client';
import type { Sender } from './masstransit/sender.ts';
import type { Broker, BrokerReport, Handle, Message, Queue, Subscription } from './message.ts';
import { type Codec, massTransitCodec } from './rabbitmq-codec.ts';
import { RabbitConsumer } from './rabbitmq-consumer.ts';
import { RabbitPublisher } from './rabbitmq-publisher.ts';
import { assertTopology } from './rabbitmq-topology.ts';
import { toWork } from './rabbitmq-work.ts';

export type RabbitBrokerOptions = {
  readonly url: string;
  readonly sender: Sender;
  readonly report: BrokerReport;
  readonly isTransient: (error: unknown) => boolean;
  /** Queues that the legacy made: they are declared as it does. */
  readonly legacyQueues?: readonly string[];
  readonly codec?: Codec;
};

/** The legacy's prefetch. */
export const prefetch = 16;

const connectMs = 5_000;
const closeMs = 5_000;

/**
 * Queues in RabbitMQ, over one connection that is made anew whenever it is lost. Resolves when the first connection is
 * there, or could not be made at once: then it is tried on, and publishing rejects until it is there.
 */
export async function createRabbitBroker(options: RabbitBrokerOptions): Promise<Broker & { stop(): Promise<void> }> {
  const broker = new RabbitBroker(options);
  await broker.connect();
  return broker;
}

class RabbitBroker implements Broker {
  readonly #options: RabbitBrokerOptions;
  readonly #codec: Codec;
  readonly #connection: Connection;
  readonly #publisher = new RabbitPublisher(() => this.#openChannel());
  readonly #queues = new Map<string, Queue>();
  readonly #consumers = new Set<RabbitConsumer>();

  constructor(options: RabbitBrokerOptions) {
    this.#options = options;
    this.#codec = options.codec ?? massTransitCodec(options.sender);
    this.#connection = new Connection({
      url: options.url,
      connectionName: 'ticketbuddy',
      heartbeat: 10,
      acquireTimeout: connectMs,
      retryLow: 100,
      retryHigh: 5_000,
      noDelay: true,
      // The client's own default is too small for the headers of a parked message.
      frameMax: 131_072,
    });
    this.#connection.on('error', options.report.disconnected);
  }

  async connect(): Promise<void> {
    await this.#connection.onConnect(connectMs, true).catch(this.#options.report.disconnected);
  }

  /** While RabbitMQ is away the queues are only noted: they are made before anything else on the next connection. */
  async declare(queues: readonly Queue[]): Promise<void> {
    for (const queue of queues) this.#queues.set(queue.name, queue);
    try {
      const channel = await this.#openChannel();
      await channel.close();
    } catch (error) {
      if (isRefusal(error)) throw error;
      this.#options.report.disconnected(error);
    }
  }

  async publish(messages: readonly Message[]): Promise<void> {
    const wanted = new Set([...this.#queues.values()].flatMap(({ urns }) => urns));
    await this.#publisher.publish(
      messages.map((message) => ({ ...this.#codec.encode(message), mandatory: wanted.has(message.urn) })),
    );
  }

  consume(name: string, handle: Handle): Subscription {
    const { report, isTransient } = this.#options;
    const queue = this.#queues.get(name);
    if (!queue) throw new Error(`Queue ${name} is consumed before it is declared`);
    const publish = this.#publisher.publish.bind(this.#publisher);
    const work = { codec: this.#codec, publish, report, isTransient, queue, handle };
    const consumer = new RabbitConsumer({
      queue: name,
      prefetch,
      openChannel: () => this.#openChannel(),
      toWork: (delivery) => toWork(work, delivery),
      report,
    });
    this.#consumers.add(consumer);
    return consumer;
  }

  /** Lets what is in our hands be finished, then closes the connection, by force when the server does not answer. */
  async stop(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop()));
    await Promise.race([this.#close(), sleep(closeMs, undefined, { ref: false })]);
    this.#connection.unsafeDestroy();
  }

  async #close(): Promise<void> {
    await this.#publisher.stop();
    await this.#connection.close();
  }

  /** A channel on a server that has all our queues. */
  async #openChannel(): Promise<Channel> {
    const channel = await this.#connection.acquire({ emitErrorsFromChannel: true });
    channel.on('error', this.#options.report.disconnected);
    const legacy = new Set(this.#options.legacyQueues);
    await assertTopology(channel, [...this.#queues.values()], legacy);
    return channel;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof AMQPChannelError && !(error instanceof AMQPConnectionError) && error.code !== 'CH_CLOSE';
}
