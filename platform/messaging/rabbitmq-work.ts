import { setTimeout as sleep } from 'node:timers/promises';
import type { AsyncMessage } from 'rabbitmq-client';
import type { Failure } from './masstransit/fault-headers.ts';
import type { Delivery, ReadMessage } from './masstransit/read-envelope.ts';
import { type BrokerReport, type Handle, type Message, type Queue, retryDelaysMs } from './message.ts';
import type { Codec, Outgoing } from './rabbitmq-codec.ts';
import type { Work } from './rabbitmq-consumer.ts';
import { errorQueue, skippedQueue } from './rabbitmq-topology.ts';

export type WorkOptions = {
  readonly codec: Codec;
  readonly publish: (outgoing: readonly Outgoing[]) => Promise<void>;
  /** Makes the queue in which messages are set aside, where that is not there from the start. */
  readonly makeAside?: ((queue: string) => Promise<void>) | undefined;
  readonly report: BrokerReport;
  readonly isTransient: (error: unknown) => boolean;
  readonly queue: Queue;
  readonly handle: Handle;
};

type Verdict = 'done' | 'given up' | { readonly error: unknown; readonly retries: number };

const setAsideAgainMs = 500;

/** What there is to do with a delivery: hand it to `handle`, or set it aside when it cannot be read. */
export function toWork(options: WorkOptions, delivered: AsyncMessage): Work {
  const delivery = toDelivery(delivered);
  const read = decode(options, delivery);
  if (delivered.redelivered) options.report.redelivered?.(options.queue.name);
  if (read.kind !== 'message') {
    return { key: `unread ${delivered.deliveryTag}`, run: (signal) => setAside(options, delivered, read, signal) };
  }
  return {
    key: read.message.key,
    async run(signal) {
      const verdict = await attempts(options, read.message, signal);
      if (typeof verdict === 'string') return verdict === 'done';
      return setAside(options, delivered, read, signal, verdict);
    },
  };
}

// A message on which the reader itself breaks is one more that cannot be read: it must not end the process again and again.
function decode({ codec, queue }: WorkOptions, delivery: Delivery): ReadMessage {
  try {
    return codec.decode(delivery, { urns: queue.urns, rawUrn: queue.legacy?.raw?.urn });
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    return { kind: 'undecodable', reason: error.message, error };
  }
}

// What will pass by itself is no attempt: it is tried again until it has passed.
async function attempts(options: WorkOptions, message: Message, signal: AbortSignal): Promise<Verdict> {
  const { handle, report, isTransient } = options;
  let failed = 0;
  while (!signal.aborted) {
    try {
      await handle(message);
      return 'done';
    } catch (error) {
      report.failed(message, error, failed + 1, options.queue.name);
      if (!isTransient(error)) failed += 1;
      const delayMs = retryDelaysMs[Math.max(0, failed - 1)];
      if (delayMs === undefined) return { error, retries: failed - 1 };
      await pause(delayMs, signal);
    }
  }
  return 'given up';
}

/** Resolves to `true` when the copy is durably where a person finds it: only then may the original leave its queue. */
async function setAside(
  options: WorkOptions,
  delivered: AsyncMessage,
  read: ReadMessage,
  signal: AbortSignal,
  failed?: { readonly error: unknown; readonly retries: number },
): Promise<boolean> {
  const outgoing = asideOf(options, delivered, read, failed);
  while (!signal.aborted) {
    try {
      await options.makeAside?.(outgoing.queue);
      await options.publish(outgoing.messages);
      options.report.parked(options.queue.name, delivered.messageId ?? '', outgoing.reason);
      return true;
    } catch (error) {
      options.report.disconnected(error);
      await pause(setAsideAgainMs, signal);
    }
  }
  return false;
}

type Aside = { readonly queue: string; readonly reason: string; readonly messages: readonly Outgoing[] };

function asideOf(
  { codec, queue }: WorkOptions,
  delivered: AsyncMessage,
  read: ReadMessage,
  failed?: { readonly error: unknown; readonly retries: number },
): Aside {
  if (read.kind === 'unknown-type') {
    const reason = `The queue takes no ${read.types.join(', ')}`;
    const skipped = skippedQueue(queue.name);
    return { queue: skipped, reason, messages: [copyOf(delivered, skipped, codec.skippedHeaders())] };
  }
  const error = read.kind === 'message' ? failed?.error : read.error;
  const failure: Failure = {
    error,
    at: Temporal.Now.instant(),
    queue: queue.name,
    consumed:
      read.kind === 'message'
        ? { consumer: queue.name, urn: read.message.urn, retries: failed?.retries ?? 0 }
        : undefined,
  };
  const parked = copyOf(delivered, errorQueue(queue.name), codec.parkedHeaders(failure));
  return {
    queue: errorQueue(queue.name),
    reason: error instanceof Error ? error.message : String(error),
    messages: [parked, codec.fault(toDelivery(delivered), read, failure)],
  };
}

/** The message as it came, but for what the headers say of it. */
function copyOf(delivered: AsyncMessage, exchange: string, headers: Readonly<Record<string, unknown>>): Outgoing {
  const { contentType, messageId } = delivered;
  return {
    exchange,
    mandatory: true,
    body: bytesOf(delivered),
    properties: {
      ...(contentType !== undefined && { contentType }),
      ...(messageId !== undefined && { messageId }),
      headers: { ...delivered.headers, ...headers },
    },
  };
}

export function toDelivery(delivered: AsyncMessage): Delivery {
  const { contentType, messageId, headers } = delivered;
  return { body: bytesOf(delivered), contentType, messageId, headers, receivedAt: Temporal.Now.instant() };
}

/** The body as bytes: the client has already read text, and JSON without an envelope. */
export function bytesOf({ body }: AsyncMessage): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
