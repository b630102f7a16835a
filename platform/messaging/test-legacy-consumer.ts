import { connectTo, type TestRabbitMq } from '@ticketbuddy/testing';

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
export async function consumersOf(
  server: TestRabbitMq,
  virtualHost: string,
): Promise<Readonly<Record<string, number>>> {
  const printed = await server.ctl('list_consumers', '--no-table-headers', '-p', virtualHost, 'queue_name');
  const counts: Record<string, number> = {};
  for (const queue of printed.split('\n').filter((line) => line !== '')) counts[queue] = (counts[queue] ?? 0) + 1;
  return counts;
}
