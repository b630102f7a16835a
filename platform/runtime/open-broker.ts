import { hostname } from 'node:os';
import { type Broker, type BrokerReport, counted, createEmbeddedBroker, traced } from '@ticketbuddy/messaging';
import { isTransient, type Notifications } from '@ticketbuddy/postgres';
import { traceIdOf } from '@ticketbuddy/telemetry';
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

const sayWaitingAfterMs = 1_000;

/** RabbitMQ, or queues in PostgreSQL when there is no `amqpUrl`. */
export async function openBroker({ pool, amqpUrl, notifications, log }: BrokerOptions): Promise<OpenBroker> {
  const report = counted(reportTo(log), isTransient);
  if (amqpUrl === undefined) {
    const broker = createEmbeddedBroker({ pool, notifications, report, isTransient });
    return { broker: traced(broker, 'postgresql'), close: async () => undefined };
  }
  const { createRabbitBroker } = await import('@ticketbuddy/messaging/rabbitmq');
  const saying = setTimeout(() => log.warn({}, waitingAt(amqpUrl)), sayWaitingAfterMs);
  const broker = await createRabbitBroker({ url: amqpUrl, sender: senderAt(amqpUrl), report, isTransient }).finally(
    () => clearTimeout(saying),
  );
  return { broker: traced(broker, 'rabbitmq'), close: () => broker.stop() };
}

function waitingAt(amqpUrl: string): string {
  const { protocol, hostname: host, port } = new URL(amqpUrl);
  const at = `${host}:${port || (protocol === 'amqps:' ? 5671 : 5672)}`;
  return `waiting for RabbitMQ at ${at}; the start goes on without it after some seconds, and it is tried until it is there (AMQP_URL); messages are kept meanwhile`;
}

function senderAt(amqpUrl: string) {
  const { host, pathname } = new URL(amqpUrl);
  const address = `rabbitmq://${host}${pathname.replace(/\/$/, '')}/ticketbuddy?temporary=true`;
  return { machineName: hostname(), processName: 'ticketbuddy', processId: process.pid, address };
}

function reportTo(log: Log): BrokerReport {
  return {
    failed({ id, urn, traceparent }, error, attempt, queue) {
      const about = { err: error, messageId: id, urn, queue, attempt, traceId: traceIdOf(traceparent) };
      log.warn(about, 'a message failed');
    },
    parked: (queue, messageId, reason) => log.error({ queue, messageId, reason }, 'a message was parked'),
    waiting: (queue, others) => log.warn({ queue, others }, waitingFor(queue, others)),
    unusable: (queue, reason) => log.error({ queue }, reason),
    disconnected: (error) => log.warn({ err: error }, 'the broker is away; trying again'),
  };
}

function waitingFor(queue: string, others: number): string {
  if (others === 0) return `queue ${queue} is served by nobody else any more; this process serves it now`;
  const who = others === 1 ? '1 other consumer' : `${others} other consumers`;
  return `queue ${queue} is still served by ${who}; waiting for ${others === 1 ? 'it' : 'them'} to end`;
}
