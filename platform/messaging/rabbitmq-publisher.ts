import { setImmediate as turn } from 'node:timers/promises';
import type { Channel, ReturnedMessage } from 'rabbitmq-client';
import type { Outgoing } from './rabbitmq-codec.ts';
import { assertExchange } from './rabbitmq-topology.ts';

const confirmMs = 30_000;

type Open = { readonly channel: Channel; readonly exchanges: Set<string> };

/** Publishes with confirms on one channel, which is opened when it is needed and anew when it was lost. */
export class RabbitPublisher {
  readonly #openChannel: () => Promise<Channel>;
  #opening: Promise<Open> | undefined;

  constructor(openChannel: () => Promise<Channel>) {
    this.#openChannel = openChannel;
  }

  /**
   * Sends all at once, in their order. Resolves when the server has them durably. Rejects when it refuses or returns
   * one, or when the connection is lost: then any of them may have arrived, and all of them have to be sent again.
   */
  async publish(outgoing: readonly Outgoing[]): Promise<void> {
    if (outgoing.length === 0) return;
    const { channel, exchanges } = await this.#open();
    for (const { exchange, onTo } of outgoing) {
      if (exchanges.has(exchange)) continue;
      await assertExchange(channel, exchange, onTo);
      exchanges.add(exchange);
    }
    await sendConfirmed(channel, outgoing);
  }

  async stop(): Promise<void> {
    const opened = await this.#opening?.catch(() => undefined);
    await opened?.channel.close();
  }

  #open(): Promise<Open> {
    this.#opening ??= this.#start();
    return this.#opening;
  }

  async #start(): Promise<Open> {
    const forget = () => {
      this.#opening = undefined;
    };
    try {
      const channel = await this.#openChannel();
      // Whatever is published at the same time listens for its own end.
      channel.setMaxListeners(0);
      channel.once('close', forget);
      await channel.confirmSelect();
      return { channel, exchanges: new Set() };
    } catch (error) {
      forget();
      throw error;
    }
  }
}

/**
 * Sends all at once, in their order, on a channel that confirms. Resolves and rejects as `RabbitPublisher.publish`; the
 * channel is closed when a message was refused or returned.
 */
export async function sendConfirmed(channel: Channel, outgoing: readonly Outgoing[]): Promise<void> {
  const ids = new Set(outgoing.map(({ properties }) => properties.messageId));
  let returned: ReturnedMessage | undefined;
  const onReturn = (message: ReturnedMessage) => {
    if (ids.has(message.messageId)) returned = message;
  };
  channel.on('basic.return', onReturn);
  try {
    await unlessLost(channel, Promise.all(outgoing.map((one) => sendOne(channel, one))));
    // The client tells of what was returned one turn after the confirm.
    await turn();
  } catch (error) {
    // A channel that was refused once because a queue was full may be refused for ever, also when there is no limit any more.
    await channel.close();
    throw error;
  } finally {
    channel.off('basic.return', onReturn);
  }
  if (returned) await refuse(channel, returned);
}

// Somebody deleted a queue: the next channel makes it again.
async function refuse(channel: Channel, { exchange, routingKey, replyText }: ReturnedMessage): Promise<never> {
  await channel.close();
  throw new Error(`No queue received what was published to ${exchange || routingKey}: ${replyText}`);
}

function sendOne(channel: Channel, outgoing: Outgoing): Promise<void> {
  const { exchange, routingKey = '', properties, body, mandatory = false } = outgoing;
  const envelope = { ...properties, exchange, routingKey, durable: true, mandatory };
  // Without this the client adds a time of its own, which no peer sends.
  Object.assign(envelope, { timestamp: properties.timestamp });
  return channel.basicPublish(envelope, Buffer.isBuffer(body) ? body : Buffer.from(body));
}

// The client forgets a message whose channel is lost just while it is written, and its promise never settles.
async function unlessLost(channel: Channel, confirmed: Promise<unknown>): Promise<void> {
  const { promise: lost, reject } = Promise.withResolvers<never>();
  const onClose = () => reject(new Error('The connection to RabbitMQ was lost before everything was confirmed'));
  channel.once('close', onClose);
  if (!channel.active) onClose();
  const late = setTimeout(() => {
    reject(new Error(`RabbitMQ did not confirm within ${confirmMs} ms`));
    void channel.close();
  }, confirmMs);
  try {
    await Promise.race([confirmed, lost]);
  } finally {
    clearTimeout(late);
    channel.off('close', onClose);
  }
}
