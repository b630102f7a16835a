import { setTimeout as sleep } from 'node:timers/promises';
import type { Handle, Message } from './message.ts';
import { createRabbitBroker, type RabbitBrokerOptions } from './rabbitmq-broker.ts';

/** A process of ours that takes every error for lasting. */
export async function startOurs(url: string, options: Partial<RabbitBrokerOptions> = {}) {
  const parked: string[] = [];
  const broker = await createRabbitBroker({
    url,
    sender: senderAt(url),
    isTransient: () => false,
    report: {
      failed: () => undefined,
      parked: (queue, id, reason) => parked.push(`${queue} ${id} ${reason}`),
      disconnected: () => undefined,
    },
    ...options,
  });
  return {
    parked,
    declare: broker.declare.bind(broker),
    publish: broker.publish.bind(broker),
    stop: broker.stop.bind(broker),
    consume: (queue: string, handle: Handle) => broker.consume(queue, handle),
    /** Resolves with the first `count` messages of a queue, or as soon as one is parked. */
    async receive(queue: string, count: number): Promise<readonly Message[]> {
      const received: Message[] = [];
      broker.consume(queue, async (message) => void received.push(message));
      while (received.length < count && parked.length === 0) await sleep(20);
      return received;
    },
  };
}

/** As MassTransit names itself on the same server. */
export function senderAt(url: string) {
  const { host, pathname } = new URL(url);
  return {
    machineName: 'test',
    processName: 'ticketbuddy',
    processId: process.pid,
    address: `rabbitmq://${host}${pathname}/ticketbuddy?temporary=true`,
  };
}
