import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AsyncMessage } from 'rabbitmq-client';
import type { Bus } from './bus.ts';
import { urnOf } from './envelope.ts';
import { type Delivery, moveToError, moveToSkipped, publishFault, publishReceiveFault } from './faults.ts';
import type { Receive } from './topology.ts';

/** What is done with one type of message. */
export type Handler<T = never> = {
  readonly type: string;
  /** The name of the legacy's class, told when it fails. */
  readonly consumer: string;
  /** Throws when the message cannot be read. */
  readonly read: (json: Buffer) => T;
  readonly handle: (message: T, conversationId: string) => Promise<void>;
};

type Envelope = {
  readonly messageId?: string;
  readonly conversationId?: string;
  readonly messageType?: readonly string[];
  readonly message: unknown;
};

const retriesAfterMs = [500, 1_000];

export function handler<T>(declared: Handler<T>): Handler {
  return declared as unknown as Handler;
}

/**
 * Receives from a queue as MassTransit does: what cannot be read goes to `<queue>_error` at once, what cannot be handled
 * after two more tries, what nobody handles to `<queue>_skipped`. The same message again is handled again.
 */
export function receiveFrom(bus: Bus, queue: string, handlers: readonly Handler[]): Receive {
  return async (message) => {
    const delivery = deliveryOf(message, queue);
    const parsed = attempt(() => parseEnvelope(delivery.body));
    if ('error' in parsed) return failToReceive(bus, delivery, parsed.error);
    const { messageType = [] } = parsed.value;
    const known = handlers.find(({ type }) => messageType.includes(urnOf(type)));
    if (known) return handleEnvelope(bus, delivery, known, parsed.value);
    return moveToSkipped(bus, delivery);
  };
}

async function handleEnvelope(bus: Bus, delivery: Delivery, known: Handler, envelope: Envelope): Promise<void> {
  const read = attempt(() => known.read(Buffer.from(JSON.stringify(envelope.message))));
  if ('error' in read) return failToReceive(bus, delivery, read.error);
  const { messageId = null, conversationId = randomUUID() } = envelope;
  const error = await handleWithRetries(() => known.handle(read.value, conversationId));
  if (error === undefined) return;
  const failure = { error, consumed: { type: known.type, consumer: known.consumer, retries: retriesAfterMs.length } };
  await publishFault(bus, delivery, failure, { messageId, conversationId, message: envelope.message });
  await moveToError(bus, delivery, failure);
}

async function failToReceive(bus: Bus, delivery: Delivery, error: unknown): Promise<void> {
  await publishReceiveFault(bus, delivery, error);
  await moveToError(bus, delivery, { error });
}

/** Resolves to what was thrown the last time, or to `undefined`. */
async function handleWithRetries(handle: () => Promise<void>): Promise<unknown> {
  for (const pauseMs of [...retriesAfterMs, undefined]) {
    try {
      await handle();
      return undefined;
    } catch (error) {
      if (pauseMs === undefined) return error ?? new Error('failed without a reason');
      await sleep(pauseMs);
    }
  }
  return undefined;
}

function parseEnvelope(body: Buffer): Envelope {
  const envelope: unknown = JSON.parse(body.toString());
  if (typeof envelope === 'object' && envelope !== null && 'message' in envelope) return envelope as Envelope;
  throw new TypeError("Value cannot be null. (Parameter 'envelope')");
}

// The client reads texts and JSON by their content type, which says nothing here.
function deliveryOf({ body, contentType, messageId, headers }: AsyncMessage, queue: string): Delivery {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return { queue, contentType, messageId, headers: headers ?? {}, body: bytes };
}

type Attempt<T> = { readonly value: T } | { readonly error: unknown };

function attempt<T>(work: () => T): Attempt<T> {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}
