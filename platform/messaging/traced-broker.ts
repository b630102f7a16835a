import { asTrace, endSpan, histogram, joinTrace, type Span, startSpan, traceparentOf } from '@ticketbuddy/telemetry';
import { countDuplicate, countNone } from './counted-report.ts';
import { exchangeOf } from './masstransit/envelope.ts';
import type { Broker, Handle, Message } from './message.ts';

const age = histogram(
  'ticketbuddy_message_age_seconds',
  'From the change that a message tells of until it is applied, by queue.',
  [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3_600],
);

/**
 * The same broker, with the traces of the messages carried over it: what published a message is the parent of its
 * waiting in the outbox, that of its sending, and that of its processing. Measures how old messages are when they are
 * applied.
 */
export function traced(broker: Broker, system: 'rabbitmq' | 'postgresql'): Broker {
  return {
    declare: (queues) => broker.declare(queues),
    async publish(messages) {
      const sent = messages.map((message) => beginSending(message, system));
      await broker.publish(sent.map(({ message }) => message));
      // What was not sent is sent again, and is told of then.
      for (const { span } of sent) if (span) endSpan(span);
    },
    consume(queue, handle) {
      const ages = age.of({ queue });
      countNone(queue);
      return broker.consume(queue, async (message) => {
        const outcome = await process(message, { queue, system, handle });
        if (outcome === 'duplicate') countDuplicate(queue);
        ages.observe(Math.max(0, Date.now() - message.sentAt.epochMilliseconds) / 1000);
      });
    },
  };
}

type Sending = { readonly message: Message; readonly span?: Span };

function beginSending(message: Message, system: string): Sending {
  const waited = startSpan('outbox', message.traceparent, { kind: 'internal', startedAt: sentAt(message) });
  if (!waited) return { message };
  const exchange = exchangeOf(message.urn);
  const attributes = messaging(message, { system, operation: 'send', destination: exchange });
  const span = startSpan(`send ${exchange}`, traceparentOf(waited), { kind: 'producer', attributes });
  endSpan(waited);
  return span ? { message: { ...message, traceparent: traceparentOf(span) }, span } : { message };
}

type Outcome = Awaited<ReturnType<Handle>>;

type Processing = { readonly queue: string; readonly system: string; readonly handle: Handle };

async function process(message: Message, { queue, system, handle }: Processing): Promise<Outcome> {
  const trace = joinTrace({
    name: `process ${queue}`,
    kind: 'consumer',
    traceparent: message.traceparent,
    attributes: () => messaging(message, { system, operation: 'process', destination: queue }),
  });
  return asTrace(trace, async () => handle(message));
}

type Operation = { readonly system: string; readonly operation: 'send' | 'process'; readonly destination: string };

function messaging({ id }: Message, { system, operation, destination }: Operation) {
  return {
    'messaging.system': system,
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    'messaging.destination.name': destination,
    'messaging.message.id': id,
  };
}

// No later than now: a clock that was put forward must not end a span before it began.
function sentAt({ sentAt: { epochMilliseconds } }: Message): Date {
  return new Date(Math.min(epochMilliseconds, Date.now()));
}
