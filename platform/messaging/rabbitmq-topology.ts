import type { Channel } from 'rabbitmq-client';
import { exchangeOf } from './masstransit/envelope.ts';
import type { Queue } from './message.ts';

/** Where what a queue's consumer cannot apply, or does not know, is set aside. */
export const errorQueue = (queue: string) => `${queue}_error`;
export const skippedQueue = (queue: string) => `${queue}_skipped`;

// One consumer at a time, or two processes would work on two messages of one key at once.
const inOrder = { 'x-queue-type': 'quorum', 'x-single-active-consumer': true };
const replicated = { 'x-queue-type': 'quorum' };

/**
 * Makes what is missing; refused by the server when it is there and different. A queue of ours is a quorum queue; one
 * of `legacyQueues` is declared as the legacy does: without arguments.
 */
export async function assertTopology(
  channel: Channel,
  queues: readonly Queue[],
  legacyQueues: ReadonlySet<string>,
): Promise<void> {
  for (const { name, urns } of queues) {
    const isLegacy = legacyQueues.has(name);
    await assertQueue(channel, name, isLegacy ? {} : inOrder);
    for (const beside of [errorQueue(name), skippedQueue(name)]) {
      await assertQueue(channel, beside, isLegacy ? {} : replicated);
    }
    for (const exchange of urns.map(exchangeOf)) {
      await assertExchange(channel, exchange);
      await channel.exchangeBind({ source: exchange, destination: name });
    }
  }
}

export async function assertExchange(channel: Channel, exchange: string): Promise<void> {
  await channel.exchangeDeclare({ exchange, type: 'fanout', durable: true });
}

async function assertQueue(channel: Channel, queue: string, args: Readonly<Record<string, unknown>>): Promise<void> {
  await assertExchange(channel, queue);
  await channel.queueDeclare({ queue, durable: true, arguments: args });
  await channel.queueBind({ queue, exchange: queue });
}
