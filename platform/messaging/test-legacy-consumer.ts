import { connectTo, type VirtualHost } from '@ticketbuddy/testing';
import { AMQPChannelError } from 'rabbitmq-client';

/** A consumer that knows nothing of us, as the legacy's: it makes its queue as the legacy does. */
export type LegacyConsumer = {
  /** The bodies that it got, each acknowledged. */
  readonly received: readonly string[];
  stop(): Promise<void>;
};

/** Rejects when the server does not let it take from the queue. */
export async function startLegacyConsumer(url: string, queue: string): Promise<LegacyConsumer> {
  const connection = connectTo(url);
  const received: string[] = [];
  try {
    const channel = await connection.acquire();
    await channel.exchangeDeclare({ exchange: queue, type: 'fanout', durable: true });
    await channel.queueDeclare({ queue, durable: true });
    await channel.queueBind({ queue, exchange: queue });
    await channel.basicQos({ prefetchCount: 16 });
    await channel.basicConsume({ queue }, ({ body, deliveryTag }) => {
      received.push(String(body));
      channel.basicAck({ deliveryTag });
    });
  } catch (error) {
    connection.unsafeDestroy();
    throw error;
  }
  return { received, stop: async () => connection.unsafeDestroy() };
}

/** How many take from each queue that somebody takes from. */
export async function consumersOf({ ctl }: VirtualHost): Promise<Readonly<Record<string, number>>> {
  const printed = await ctl('list_consumers', '--no-table-headers', 'queue_name');
  const counts: Record<string, number> = {};
  for (const queue of printed.split('\n').filter((line) => line !== '')) counts[queue] = (counts[queue] ?? 0) + 1;
  return counts;
}

/** The same of one queue, which need not be there yet: cheap enough to ask again and again. */
export async function howManyTakeFrom(queue: string, url: string): Promise<number> {
  const connection = connectTo(url);
  try {
    return (await connection.queueDeclare({ queue, passive: true })).consumerCount;
  } catch (error) {
    if (error instanceof AMQPChannelError && error.code === 'NOT_FOUND') return 0;
    throw error;
  } finally {
    await connection.close();
  }
}
