import { connectTo, until } from '@ticketbuddy/testing';
import type { Connection, SyncMessage } from 'rabbitmq-client';
import { onTestFinished } from 'vitest';

/** What stands in a queue, taken out of it. */
export type Taken = Pick<SyncMessage, 'exchange' | 'contentType' | 'messageId' | 'headers' | 'durable'> & {
  readonly text: string;
};

/** A connection that is not the legacy's, closed at the end of the test that called it. */
export function aConnection(url: string): Connection {
  const connection = connectTo(url);
  onTestFinished(() => connection.close());
  return connection;
}

/** Listens to an exchange from now on. `next` waits for a message that holds this text. */
export async function listenTo(connection: Connection, exchange: string) {
  await connection.exchangeDeclare({ exchange, type: 'fanout', durable: true });
  const { queue } = await connection.queueDeclare({ exclusive: true });
  await connection.queueBind({ queue, exchange });
  return { next: (text: string) => peekAt(connection, queue, text) };
}

/** The first message in the queue that holds this text. Everything stays there. */
export async function peekAt(connection: Connection, queue: string, text: string): Promise<Taken> {
  return until(`${queue} holds a message with ${text}`, () => lookThrough(connection, queue, text));
}

async function lookThrough(connection: Connection, queue: string, text: string): Promise<Taken | undefined> {
  const channel = await connection.acquire();
  try {
    for (;;) {
      const message = await channel.basicGet({ queue });
      if (message === undefined || textOf(message).includes(text))
        return message && { ...message, text: textOf(message) };
    }
  } catch {
    // The queue is made with the first message that is set aside.
    return undefined;
  } finally {
    // What was looked at and not acknowledged goes back to its place.
    await channel.close();
  }
}

/** Publishes to an exchange, with this content type. */
export async function tell(connection: Connection, exchange: string, body: string, contentType?: string) {
  const channel = await connection.acquire();
  await channel.confirmSelect();
  await channel.basicPublish({ exchange, durable: true, ...(contentType && { contentType }) }, Buffer.from(body));
  await channel.close();
}

function textOf({ body }: SyncMessage): string {
  return Buffer.isBuffer(body) ? body.toString() : JSON.stringify(body);
}
