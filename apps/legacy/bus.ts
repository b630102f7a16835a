import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, Connection, type Consumer } from 'rabbitmq-client';
import { brokerAddressOf, type Content, contentType, type Headers, host, urnOf, writeEnvelope } from './envelope.ts';
import type { Message } from './messages.ts';
import { type Receive, startConsumer } from './topology.ts';

/** What goes to an exchange; `onTo`: the exchange that it passes everything on to. */
export type Outgoing = {
  readonly exchange: string;
  readonly onTo?: string | undefined;
  /** The queue that it leads to, made with it. */
  readonly queue?: string | undefined;
  readonly id: string | undefined;
  readonly type: string | undefined;
  readonly headers: Headers;
  readonly body: Buffer;
};

const againMs = 200;

/** The legacy's side of RabbitMQ: publishes with confirms, and consumes its queues. */
export class Bus {
  readonly address: string;
  readonly #connection: Connection;
  readonly #consumers: Consumer[] = [];
  readonly #source: string;
  readonly #stopping = new AbortController();
  #ready = 0;
  #opening: Promise<OpenChannel> | undefined;
  #sequence = 0;

  constructor(url: string) {
    this.#connection = new Connection({ url, noDelay: true, acquireTimeout: 500, retryLow: 100, retryHigh: 500 });
    this.#connection.on('error', () => undefined);
    this.address = brokerAddressOf(url);
    this.#source = `${this.address}/${host.machineName}_Host_bus_${randomBytes(13).toString('hex')}?temporary=true`;
  }

  /** Whether every queue is being consumed. */
  get isReady(): boolean {
    return this.#connection.ready && this.#ready >= this.#consumers.length;
  }

  consume(queue: string, types: readonly string[], receive: Receive): void {
    const consumer = startConsumer(this.#connection, queue, types, receive);
    consumer.on('ready', () => {
      this.#ready += 1;
    });
    consumer.on('error', () => undefined);
    this.#consumers.push(consumer);
  }

  /**
   * Resolves when the broker has the message. While the broker is away it waits for it, and the caller with it, however
   * long that takes. `from`: the queue whose message led to this one, and their conversation.
   */
  async publish({ type, body }: Message, from?: { readonly queue: string; readonly conversationId: string }) {
    await this.tell({
      exchange: type,
      sourceAddress: from ? `${this.address}/${from.queue}` : this.#source,
      conversationId: from?.conversationId ?? randomUUID(),
      messageType: [urnOf(type)],
      message: body,
    });
  }

  async tell(content: Content, onTo?: string): Promise<void> {
    const { id, body } = writeEnvelope(content, this.address);
    const { exchange, headers = {} } = content;
    await this.send({ exchange, id, type: contentType, headers, body: Buffer.from(body), onTo });
  }

  /** As `publish`, for what is in its final form. Rejects only when the bus is stopped. */
  async send(outgoing: Outgoing): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      signal.throwIfAborted();
      const isSent = await this.#sendOnce(outgoing).catch(() => false);
      if (isSent) return;
      await sleep(againMs, undefined, { signal });
    }
  }

  /** Finishes the messages in hand. What still waits for the broker is given up. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    // A line that is broken just now says so here, where there is nothing left to lose.
    await Promise.allSettled(this.#consumers.map((consumer) => consumer.close()));
    const opened = await this.#opening?.catch(() => undefined);
    await opened?.channel.close();
    await this.#connection.close();
  }

  async #sendOnce({ exchange, onTo, queue, id, type, headers, body }: Outgoing): Promise<true> {
    this.#opening ??= this.#open();
    const { channel, lost, declared } = await this.#opening;
    if (!declared.has(exchange)) await declare(channel, { exchange, onTo, queue });
    declared.add(exchange);
    const properties = { contentType: type, messageId: id, durable: true, timestamp: undefined };
    const numbered = { ...headers, 'x-dotnet-pub-seq-no': ++this.#sequence };
    const envelope = { exchange, routingKey: '', headers: numbered, ...properties } as never;
    await Promise.race([channel.basicPublish(envelope, body), lost]);
    return true;
  }

  async #open(): Promise<OpenChannel> {
    const forget = () => {
      this.#opening = undefined;
    };
    try {
      const channel = await this.#connection.acquire();
      // The client forgets what is written while the connection breaks: its promise would never settle.
      const lost = new Promise<never>((_, reject) => channel.once('close', () => reject(new Error('channel lost'))));
      lost.catch(forget);
      await channel.confirmSelect();
      return { channel, lost, declared: new Set() };
    } catch (error) {
      forget();
      throw error;
    }
  }
}

type OpenChannel = { readonly channel: Channel; readonly lost: Promise<never>; readonly declared: Set<string> };

async function declare(channel: Channel, { exchange, onTo, queue }: Pick<Outgoing, 'exchange' | 'onTo' | 'queue'>) {
  await channel.exchangeDeclare({ exchange, type: 'fanout', durable: true });
  if (queue !== undefined) {
    await channel.queueDeclare({ queue, durable: true });
    await channel.queueBind({ queue, exchange });
  }
  if (onTo === undefined) return;
  await channel.exchangeDeclare({ exchange: onTo, type: 'fanout', durable: true });
  await channel.exchangeBind({ source: exchange, destination: onTo });
}
