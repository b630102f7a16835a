import type { AsyncMessage, Connection, Consumer } from 'rabbitmq-client';

export type Receive = (delivery: AsyncMessage) => Promise<void>;

const inHandMax = 16;

/**
 * Takes from a classic queue that is bound to the exchange of its name, which is bound to the exchanges of `types`; all
 * are made where they are missing.
 */
export function startConsumer(
  connection: Connection,
  queue: string,
  types: readonly string[],
  receive: Receive,
): Consumer {
  const exchanges = [queue, ...types].map((exchange) => ({ exchange, type: 'fanout', durable: true }));
  const exchangeBindings = types.map((source) => ({ source, destination: queue }));
  return connection.createConsumer(
    {
      queue,
      queueOptions: { durable: true },
      exchanges,
      // With the queue named: RabbitMQ makes the last one's name the routing key when both are left out.
      queueBindings: [{ queue, exchange: queue }],
      exchangeBindings,
      qos: { prefetchCount: inHandMax },
      concurrency: inHandMax,
    },
    receive,
  );
}
