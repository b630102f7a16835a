import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from '@ticketbuddy/errors';
import { AMQPChannelError, AMQPConnectionError, type Channel, Connection } from 'rabbitmq-client';
import type { Sender } from './masstransit/sender.ts';
import type { Broker, BrokerReport, Handle, Message, Queue, Subscription } from './message.ts';
import { type Codec, massTransitCodec } from './rabbitmq-codec.ts';
import { RabbitConsumer } from './rabbitmq-consumer.ts';
import { RabbitPublisher } from './rabbitmq-publisher.ts';
import { assertLegacyAside, assertLegacyQueue, assertTopology } from './rabbitmq-topology.ts';
import { toWork } from './rabbitmq-work.ts';

export type RabbitBrokerOptions = {
  readonly url: string;
  readonly sender: Sender;
  readonly report: BrokerReport;
  readonly isTransient: (error: unknown) => boolean;
  readonly codec?: Codec;
};

/** How many messages of a queue of ours are in our hands at most, to be applied together; of the legacy's as many as it takes. */
export const prefetch = 128;
const legacyPrefetch = 16;

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

  /**
   * While RabbitMQ is away the queues are only noted: they are made before anything else on the next connection. Throws
   * a `StartError` when a legacy queue is not as the legacy makes it.
   */
  async declare(queues: readonly Queue[]): Promise<void> {
    for (const queue of queues) this.#queues.set(queue.name, queue);
    try {
      await (await this.#openChannel()).close();
      for (const queue of queues.filter(({ legacy }) => legacy)) await (await this.#openChannelTo(queue)).close();
    } catch (error) {
      if (isRefusal(error) || error instanceof StartError) throw error;
      this.#options.report.disconnected(error);
    }
  }

  async publish(messages: readonly Message[]): Promise<void> {
    const wanted = new Set(this.#ownQueues().flatMap(({ urns }) => urns));
    await this.#publisher.publish(
      messages.map((message) => ({ ...this.#codec.encode(message), mandatory: wanted.has(message.urn) })),
    );
  }

  consume(name: string, handle: Handle): Subscription {
    const { report, isTransient } = this.#options;
    const queue = this.#queues.get(name);
    if (!queue) throw new Error(`Queue ${name} is consumed before it is declared`);
    const publish = this.#publisher.publish.bind(this.#publisher);
    const isLegacy = queue.legacy !== undefined && queue.legacy.raw === undefined;
    const makeAside = isLegacy ? (aside: string) => this.#makeAside(aside) : undefined;
    const work = { codec: this.#codec, publish, makeAside, report, isTransient, queue, handle };
    const consumer = new RabbitConsumer({
      queue: name,
      prefetch: queue.legacy ? legacyPrefetch : prefetch,
      isAlone: queue.legacy?.mode === 'alone',
      openChannel: () => (queue.legacy ? this.#openChannelTo(queue) : this.#openChannel()),
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

  #ownQueues(): readonly Queue[] {
    return [...this.#queues.values()].filter(({ legacy }) => legacy === undefined);
  }

  /** A channel on a server that has all our queues. */
  async #openChannel(): Promise<Channel> {
    const channel = await this.#acquire();
    await assertTopology(channel, this.#ownQueues());
    return channel;
  }

  /** A channel on a server that has a queue that is not ours alone; what is wrong with that queue disturbs no other. */
  async #openChannelTo(queue: Queue): Promise<Channel> {
    const channel = await this.#acquire();
    await assertLegacyQueue(channel, queue).catch((error: unknown) => {
      throw isRefusal(error) ? unfit(queue, error) : error;
    });
    return channel;
  }

  // One that is there in another form serves as well: then the server refuses to make it anew.
  async #makeAside(queue: string): Promise<void> {
    const channel = await this.#acquire();
    try {
      await assertLegacyAside(channel, queue);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    } finally {
      await channel.close();
    }
  }

  async #acquire(): Promise<Channel> {
    const channel = await this.#connection.acquire({ emitErrorsFromChannel: true });
    channel.on('error', this.#options.report.disconnected);
    return channel;
  }
}

function isRefusal(error: unknown): error is AMQPChannelError {
  return error instanceof AMQPChannelError && !(error instanceof AMQPConnectionError) && error.code !== 'CH_CLOSE';
}

function unfit({ name, legacy }: Queue, { message }: Error): StartError {
  const wanted = legacy?.raw ? 'as we need it' : 'as the legacy makes it (durable, without arguments)';
  return new StartError(
    `LEGACY_QUEUES: RabbitMQ cannot have the queue ${name} ${wanted}: ${message}. Take it out of the setting, or let the queue be made anew.`,
  );
}
