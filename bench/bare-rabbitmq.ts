import { type AsyncMessage, type Channel, Connection } from 'rabbitmq-client';
import { inBatches } from './message-stock.ts';

/** What came out of a queue: how it was published, and with which properties. */
export type Wire = Pick<AsyncMessage, 'exchange' | 'routingKey' | 'body' | 'contentType' | 'messageId' | 'headers'>;

export type BareRabbit = Awaited<ReturnType<typeof openBareRabbit>>;

// As many as our consumer has in its hands.
const prefetch = 128;

/**
 * The least that a program has to do with the same client, on a queue as our broker makes it: one channel that publishes
 * with confirms, and one that consumes and acknowledges.
 */
export async function openBareRabbit(url: string, queue: string) {
  const connection = new Connection({ url, noDelay: true, frameMax: 131_072 });
  const [publisher, consumer] = [await connection.acquire(), await connection.acquire()];
  await publisher.confirmSelect();
  await consumer.basicQos({ prefetchCount: prefetch });
  return {
    /** All of them, a batch at a time, each batch when the one before it is confirmed. */
    async publish(wires: readonly Wire[]): Promise<void> {
      for (const batch of inBatches(wires)) await publishBatch(publisher, batch);
    },
    /** Takes `count` messages away, acknowledges each, and answers them as they were on the wire. */
    consume: (count: number) => takeAll(consumer, queue, count),
    purge: async () => void (await consumer.queuePurge(queue)),
    async close(): Promise<void> {
      await Promise.all([publisher.close(), consumer.close()]);
      await connection.close();
    },
  };
}

function publishBatch(channel: Channel, batch: readonly Wire[]): Promise<unknown> {
  return Promise.all(
    batch.map(({ exchange, routingKey, body, contentType, messageId, headers }) => {
      const properties = {
        exchange,
        routingKey,
        durable: true,
        mandatory: true,
        ...(contentType !== undefined && { contentType }),
        ...(messageId !== undefined && { messageId }),
        ...(headers !== undefined && { headers }),
      };
      return channel.basicPublish(properties, body);
    }),
  );
}

async function takeAll(channel: Channel, queue: string, count: number): Promise<Wire[]> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const taken: Wire[] = [];
  const { consumerTag } = await channel.basicConsume({ queue }, (message) => {
    channel.basicAck({ deliveryTag: message.deliveryTag });
    taken.push(message);
    if (taken.length === count) resolve();
  });
  await promise;
  await channel.basicCancel({ consumerTag });
  return taken;
}
