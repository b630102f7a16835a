import { randomUUID } from 'node:crypto';
import { exchangeOf, type Headers, type Properties, propertiesOf, writeEnvelope } from './masstransit/envelope.ts';
import { writeFault, writeReceiveFault } from './masstransit/fault.ts';
import { errorHeaders, type Failure, skippedHeaders } from './masstransit/fault-headers.ts';
import { type Delivery, type KnownTypes, type ReadMessage, readEnvelope } from './masstransit/read-envelope.ts';
import type { Sender } from './masstransit/sender.ts';
import { traceHeaders } from './masstransit/trace-headers.ts';
import type { Message } from './message.ts';

/** What goes to an exchange. */
export type Outgoing = {
  readonly exchange: string;
  /** An exchange that gets all that is published to `exchange`. */
  readonly onTo?: string;
  /** None, unless the exchange decides by it. */
  readonly routingKey?: string;
  readonly properties: Partial<Properties> & { readonly timestamp?: number };
  readonly body: string | Buffer;
  /** Publishing fails when no queue receives it. */
  readonly mandatory?: boolean;
};

/** How messages look on the wire. */
export type Codec = {
  encode(message: Message): Outgoing;
  /** `known`: the message types that the queue takes. */
  decode(delivery: Delivery, known: KnownTypes): ReadMessage;
  parkedHeaders(failure: Failure): Headers;
  skippedHeaders(): Headers;
  /** Tells whoever listens that a message was parked. */
  fault(delivery: Delivery, read: ReadMessage, failure: Failure): Outgoing;
};

/** As MassTransit writes and reads it. */
export function massTransitCodec(sender: Sender): Codec {
  return {
    encode: (message) => ({
      exchange: exchangeOf(message.urn),
      properties: propertiesOf(message.id, traceHeaders(message.traceparent)),
      body: writeEnvelope(message, sender, traceHeaders(message.traceparent)),
    }),
    decode: readEnvelope,
    parkedHeaders: (failure) => errorHeaders(failure, sender),
    skippedHeaders: () => skippedHeaders(sender),
    fault(delivery, read, failure) {
      const id = randomUUID();
      return read.kind === 'message'
        ? writeFault(read.message, failure, sender, { id, conversationId: read.conversationId })
        : writeReceiveFault(delivery, failure, sender, { id });
    },
  };
}
