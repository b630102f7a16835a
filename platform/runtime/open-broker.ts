import { hostname } from 'node:os';
import { type Broker, type BrokerReport, createEmbeddedBroker, createRabbitBroker } from '@ticketbuddy/messaging';
import { isTransient, type Notifications } from '@ticketbuddy/postgres';
import type pg from 'pg';
import type { Log } from './log.ts';

export type OpenBroker = { readonly broker: Broker; close(): Promise<void> };

export type BrokerOptions = {
  readonly pool: pg.Pool;
  /** Unset: the embedded broker. */
  readonly amqpUrl: string | undefined;
  readonly notifications: Notifications;
  readonly log: Log;
};

/** RabbitMQ, or queues in PostgreSQL when there is no `amqpUrl`. */
export async function openBroker({ pool, amqpUrl, notifications, log }: BrokerOptions): Promise<OpenBroker> {
  const report = reportTo(log);
  if (amqpUrl === undefined) {
    return { broker: createEmbeddedBroker({ pool, notifications, report, isTransient }), close: async () => undefined };
  }
  const broker = await createRabbitBroker({ url: amqpUrl, sender: senderAt(amqpUrl), report, isTransient });
  return { broker, close: () => broker.stop() };
}

function senderAt(amqpUrl: string) {
  const { host, pathname } = new URL(amqpUrl);
  const address = `rabbitmq://${host}${pathname.replace(/\/$/, '')}/ticketbuddy?temporary=true`;
  return { machineName: hostname(), processName: 'ticketbuddy', processId: process.pid, address };
}

function reportTo(log: Log): BrokerReport {
  return {
    failed: ({ id, urn }, error, attempt) => log.warn({ err: error, messageId: id, urn, attempt }, 'a message failed'),
    parked: (queue, messageId, reason) => log.error({ queue, messageId, reason }, 'a message was parked'),
    disconnected: (error) => log.warn({ err: error }, 'the broker is away; trying again'),
  };
}
