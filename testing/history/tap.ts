import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { AsyncMessage, Connection } from 'rabbitmq-client';
import { connectTo } from '../rabbitmq-connection.ts';
import type { Shown } from './history.ts';
import { readMessage } from './wire.ts';

export type Message = Shown & {
  readonly messageId: string;
  /** In ms of `performance.now()`. */
  readonly arrivedAt: number;
  /** Otherwise its name is what came, and the rest is nothing. */
  readonly isReadable: boolean;
};

export type Tap = {
  /** All so far, in the order of arrival. */
  readonly messages: readonly Message[];
  /** Resolves when nothing came for `quietMs` and nothing waits in the queue; throws after `boundMs`. */
  drain(quietMs?: number, boundMs?: number): Promise<readonly Message[]>;
  stop(): Promise<void>;
};

const exchange = 'Integration.Events.Messaging:EventUpserted';
const lookEveryMs = 20;
// A tap that was killed leaves its queue behind; the broker throws it away after so long.
const unusedMs = 3_600_000;

/** Hears everything that is published about events from now on, over a queue of its own that outlives a lost connection. */
export async function tapMessages(amqpUrl: string): Promise<Tap> {
  const connection = connectTo(amqpUrl);
  const messages: Message[] = [];
  const queue = `history-${randomUUID()}`;
  const consumer = connection.createConsumer(
    {
      queue,
      queueOptions: { durable: true, arguments: { 'x-expires': unusedMs } },
      exchanges: [{ exchange, type: 'fanout', durable: true }],
      queueBindings: [{ queue, exchange }],
      qos: { prefetchCount: 500 },
    },
    (message) => void messages.push(read(message)),
  );
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  consumer.once('ready', resolve);
  consumer.on('error', () => undefined);
  await ready;
  return {
    messages,
    async drain(quietMs = 1_000, boundMs = 60_000) {
      await untilQuiet(connection, queue, messages, quietMs, boundMs);
      return messages;
    },
    async stop() {
      await consumer.close();
      await connection.queueDelete({ queue });
      await connection.close();
    },
  };
}

async function untilQuiet(
  connection: Connection,
  queue: string,
  messages: readonly Message[],
  quietMs: number,
  boundMs: number,
): Promise<void> {
  const begun = performance.now();
  for (let now = begun; now < begun + boundMs; now = performance.now()) {
    const lastAt = Math.max(begun, messages.at(-1)?.arrivedAt ?? begun);
    if (now - lastAt >= quietMs) {
      const { messageCount } = await connection.queueDeclare({ queue, passive: true });
      if (messageCount === 0) return;
    }
    await pause(lookEveryMs);
  }
  throw new Error(`messages still came after ${boundMs / 1_000} s`);
}

function read({ body, messageId = '' }: AsyncMessage): Message {
  const text = Buffer.isBuffer(body) ? body.toString() : JSON.stringify(body);
  const arrivedAt = performance.now();
  try {
    const envelope = JSON.parse(text);
    return { ...readMessage(envelope.message), messageId: envelope.messageId, arrivedAt, isReadable: true };
  } catch {
    const nothing = { id: '', startsAt: '', endsAt: '', venue: -1, pence: null };
    return { ...nothing, name: text, messageId, arrivedAt, isReadable: false };
  }
}
