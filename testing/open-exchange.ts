import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connectTo } from './rabbitmq-connection.ts';

export type OpenExchange = {
  /** The bodies of all that was published since it was opened, in the order of their arrival. */
  readonly heard: readonly string[];
  publish(body: string): Promise<void>;
  close(): Promise<void>;
};

/** Hears what anybody publishes to a fanout exchange from now on, and publishes to it. */
export async function openExchange(url: string, exchange: string): Promise<OpenExchange> {
  const connection = connectTo(url);
  const exchanges = [{ exchange, type: 'fanout', durable: true }];
  const publisher = connection.createPublisher({ confirm: true, exchanges });
  const [heard, queue]: [string[], string] = [[], randomUUID()];
  const consumer = connection.createConsumer(
    { queue, queueOptions: { exclusive: true }, exchanges, queueBindings: [{ queue, exchange }] },
    ({ body }) => void heard.push(String(body)),
  );
  consumer.on('error', () => undefined);
  await once(consumer, 'ready');
  return {
    heard,
    publish: (body) => publisher.send({ exchange, durable: true }, Buffer.from(body)),
    async close() {
      await Promise.all([publisher.close(), consumer.close()]);
      await connection.close();
    },
  };
}
