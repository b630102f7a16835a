import type { Message } from '../message.ts';
import { addressOf, hostInfo, type Sender } from './sender.ts';
import { writeJson } from './write-json.ts';

export type Headers = Readonly<Record<string, unknown>>;

/** The properties of a published message; `headers` are those of AMQP. */
export type Properties = {
  readonly contentType: string;
  readonly deliveryMode: 2;
  readonly messageId?: string;
  readonly headers: Headers;
};

export const contentType = 'application/vnd.masstransit+json';
export const keyHeader = 'TicketBuddy-Key';
export const versionHeader = 'TicketBuddy-Version';

const urnPrefix = 'urn:message:';

/**
 * The body of a message as MassTransit 8.5 writes it. `headers` (such as the trace's) are added to the envelope's; the
 * key and the version travel there too, because MassTransit hands them on untouched.
 */
export function writeEnvelope(message: Message, sender: Sender, headers: Headers = {}): string {
  const { id, urn, key, version, sentAt, body } = message;
  return writeJson(
    envelope(sender, {
      messageId: id,
      conversationId: id,
      sourceAddress: sender.address,
      exchange: exchangeOf(urn),
      messageType: [urn],
      message: body,
      sentAt,
      headers: { ...headers, [keyHeader]: key, ...(version !== undefined && { [versionHeader]: version }) },
    }),
  );
}

/** `headers` go into AMQP's as well: MassTransit looks for the trace (`MT-Activity-Id`) there only. */
export function propertiesOf(messageId: string, headers: Headers = {}): Properties {
  return { contentType, headers, deliveryMode: 2, messageId };
}

/** The exchange that a message type is published to: `urn:message:X` goes to `X`. */
export function exchangeOf(urn: string): string {
  return urn.startsWith(urnPrefix) ? urn.slice(urnPrefix.length) : urn;
}

export type Content = {
  readonly messageId: string;
  readonly conversationId: string;
  readonly sourceAddress: string;
  readonly exchange: string;
  readonly messageType: readonly string[];
  readonly message: unknown;
  readonly sentAt: Temporal.Instant;
  readonly headers: Headers;
};

/** The envelope's members in MassTransit's order. */
export function envelope(sender: Sender, content: Content) {
  return {
    messageId: content.messageId,
    requestId: null,
    correlationId: null,
    conversationId: content.conversationId,
    initiatorId: null,
    sourceAddress: content.sourceAddress,
    destinationAddress: addressOf(content.exchange, sender),
    responseAddress: null,
    faultAddress: null,
    messageType: content.messageType,
    message: content.message,
    expirationTime: null,
    sentTime: formatTime(content.sentAt),
    headers: content.headers,
    host: hostInfo(sender),
  };
}

/** UTC to 100 ns, trailing zeros cut, as .NET writes a DateTime. */
export function formatTime(at: Temporal.Instant): string {
  return at.toString({ fractionalSecondDigits: 7, roundingMode: 'floor' }).replace(/\.?0+Z$/, 'Z');
}
