import type { Channel } from 'rabbitmq-client';
import { exchangeOf } from './masstransit/envelope.ts';
import type { Queue } from './message.ts';

/** Where what a queue's consumer cannot apply, or does not know, is set aside. */
export const errorQueue = (queue: string) => `${queue}_error`;
export const skippedQueue = (queue: string) => `${queue}_skipped`;

/** How often a message may come back because its process or connection ended; then the server itself parks it. */
export const deliveryLimit = 100;
// Looking at what is parked counts as a delivery, and RabbitMQ 4 would drop it after 20 when nothing is said here.
const deliveryLimitParked = 1_000_000_000;

/** Makes what is missing of our queues; refused by the server when it is there and different. */
export async function assertTopology(channel: Channel, queues: readonly Queue[]): Promise<void> {
  for (const { name, urns } of queues) {
    // Two processes would otherwise work on two messages of one key at once.
    await assertOwnQueue(channel, name, { ...argumentsOf(name), 'x-single-active-consumer': true });
    await bindTypes(channel, name, urns);
  }
}

/**
 * The same for a queue that is not ours alone. One of the legacy's is made as the legacy does, without arguments; one
 * for what comes without an envelope, which the legacy does not have, as ours.
 */
export async function assertLegacyQueue(channel: Channel, { name, urns, legacy }: Queue): Promise<void> {
  if (legacy?.raw === undefined) {
    await assertQueue(channel, name, {});
    await bindTypes(channel, name, urns);
    return;
  }
  const { exchange, routingKey } = legacy.raw;
  await assertOwnQueue(channel, name, argumentsOf(name));
  await channel.queueBind({ queue: name, exchange, routingKey });
}

/** Makes a queue for what is set aside, as the legacy does: only when there is something. */
export async function assertLegacyAside(channel: Channel, queue: string): Promise<void> {
  await assertQueue(channel, queue, {});
}

async function assertOwnQueue(channel: Channel, name: string, args: Readonly<Record<string, unknown>>): Promise<void> {
  for (const beside of [errorQueue(name), skippedQueue(name)]) await assertQueue(channel, beside, parkedArguments);
  await assertQueue(channel, name, args);
}

async function bindTypes(channel: Channel, queue: string, urns: readonly string[]): Promise<void> {
  for (const exchange of urns.map(exchangeOf)) {
    await assertExchange(channel, exchange);
    await channel.exchangeBind({ source: exchange, destination: queue });
  }
}

const parkedArguments = { 'x-queue-type': 'quorum', 'x-delivery-limit': deliveryLimitParked };

function argumentsOf(queue: string) {
  return {
    'x-queue-type': 'quorum',
    'x-delivery-limit': deliveryLimit,
    'x-dead-letter-exchange': errorQueue(queue),
    // Out of this queue only when it is safely in the other; the server wants to be told what a full queue does then.
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  };
}

/** Makes an exchange that is missing; what is published to it goes on to the exchange `onTo` as well. */
export async function assertExchange(channel: Channel, exchange: string, onTo?: string): Promise<void> {
  await channel.exchangeDeclare({ exchange, type: 'fanout', durable: true });
  if (onTo === undefined) return;
  await assertExchange(channel, onTo);
  await channel.exchangeBind({ source: exchange, destination: onTo });
}

async function assertQueue(channel: Channel, queue: string, args: Readonly<Record<string, unknown>>): Promise<void> {
  await assertExchange(channel, queue);
  await channel.queueDeclare({ queue, durable: true, arguments: args });
  await channel.queueBind({ queue, exchange: queue });
}
