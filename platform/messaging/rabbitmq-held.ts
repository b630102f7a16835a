import { setTimeout as sleep } from 'node:timers/promises';
import type { AsyncMessage, Channel } from 'rabbitmq-client';

/** Every message that a queue had at one moment, in our hands. */
export type Held = {
  readonly messages: readonly AsyncMessage[];
  /** Lets it leave the queue for good. */
  remove(message: AsyncMessage): void;
  /** Resolves when the server knows what was removed. */
  settled(): Promise<void>;
};

// The protocol has no room for a larger prefetch.
const heldMax = 65_535;
// The server sends what there is at once; nothing more comes when somebody else has taken a part of it.
const quietMs = 5_000;
// Should somebody else take them at once, they are not seen.
const returnMs = 5_000;

/**
 * Takes what is in a queue at this moment, 65,535 messages at most, hands it to `work`, and gives back, in its order,
 * what that has not removed. Without a message, or a queue, there is nothing to do.
 */
export async function holdAll(
  openChannel: () => Promise<Channel>,
  queue: string,
  work: (held: Held) => Promise<void>,
): Promise<void> {
  const [count = 0] = await countMessages(openChannel, [queue]);
  if (count === 0) return;
  const channel = await openChannel();
  const taken: AsyncMessage[] = [];
  let removed = 0;
  try {
    await takeInto(taken, channel, queue, Math.min(count, heldMax));
    await work({
      messages: taken,
      remove({ deliveryTag }) {
        channel.basicAck({ deliveryTag });
        removed += 1;
      },
      settled: async () => void (await channel.queueDeclare({ queue, passive: true })),
    });
  } finally {
    await channel.close();
    // Whatever went wrong here, the server has them.
    await seenAgain(openChannel, queue, taken.length - removed).catch(() => undefined);
  }
}

/** How many messages wait in each queue, without those in a consumer's hands; `undefined` for one that does not exist. */
export async function countMessages(
  openChannel: () => Promise<Channel>,
  queues: readonly string[],
): Promise<readonly (number | undefined)[]> {
  let channel = await openChannel();
  try {
    const counts: (number | undefined)[] = [];
    for (const queue of queues) {
      // The server closes the channel on which it was asked for a queue that does not exist.
      if (!channel.active) channel = await openChannel();
      counts.push(await countIn(channel, queue));
    }
    return counts;
  } finally {
    await channel.close();
  }
}

async function countIn(channel: Channel, queue: string): Promise<number | undefined> {
  return (await stateOf(channel, queue))?.messageCount;
}

/** `undefined` for a queue that does not exist: then the channel is closed. */
export async function stateOf(channel: Channel, queue: string) {
  try {
    return await channel.queueDeclare({ queue, passive: true });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

// By a consumer and not by `basic.get`, each of which a quorum queue writes to the disk, and gives back in any order.
async function takeInto(taken: AsyncMessage[], channel: Channel, queue: string, count: number): Promise<void> {
  const { promise: there, resolve, reject } = Promise.withResolvers<void>();
  channel.once('close', () => reject(new Error('The connection to RabbitMQ was lost')));
  const quiet = setTimeout(resolve, quietMs);
  try {
    await channel.basicQos({ prefetchCount: count });
    const { consumerTag } = await channel.basicConsume({ queue }, (message) => {
      taken.push(message);
      quiet.refresh();
      if (taken.length === count) resolve();
    });
    await there;
    await channel.basicCancel({ consumerTag });
  } finally {
    clearTimeout(quiet);
    there.catch(() => undefined);
  }
}

// The server gives back, in their order, what a channel that is closed still has; but it counts them only a moment later.
async function seenAgain(openChannel: () => Promise<Channel>, queue: string, count: number): Promise<void> {
  const until = performance.now() + returnMs;
  const channel = await openChannel();
  while (((await countIn(channel, queue)) ?? count) < count && performance.now() < until) await sleep(1);
  await channel.close();
}
