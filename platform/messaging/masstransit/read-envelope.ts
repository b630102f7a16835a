import { createHash } from 'node:crypto';
import { parseDateTimeOffset, parsePathGuid } from '@ticketbuddy/dotnet-json';
import { Refusal, unreadable } from '@ticketbuddy/errors';
import type { Message } from '../message.ts';
import { contentType as envelopeType, type Headers, keyHeader, versionHeader } from './envelope.ts';
import { foldNames, isObject } from './members.ts';
import { readJson } from './read-json.ts';
import { readTrace } from './trace-headers.ts';

export type Delivery = {
  readonly body: Buffer;
  readonly contentType?: string | undefined;
  /** AMQP's `message_id`; counts when the envelope has none. */
  readonly messageId?: string | undefined;
  /** Those of AMQP. */
  readonly headers?: Headers | undefined;
  /** Counts as the time of sending when the envelope has none. */
  readonly receivedAt: Temporal.Instant;
};

export type ReadMessage =
  | {
      readonly kind: 'message';
      readonly message: Message;
      readonly headers: Headers;
      /** A Fault about the message belongs to the same conversation. */
      readonly conversationId: string | undefined;
    }
  /** Goes to `_skipped`. */
  | { readonly kind: 'unknown-type'; readonly types: readonly string[] }
  /** Goes to `_error` at once. */
  | { readonly kind: 'undecodable'; readonly reason: string; readonly error: Error };

export type KnownTypes = {
  /** The message types that the queue's consumer takes. */
  readonly urns: readonly string[];
  /** The type of JSON without an envelope, on a queue where such arrives; elsewhere it is undecodable. */
  readonly rawUrn?: string | undefined;
};

type Folded = ReadonlyMap<string, unknown>;

/**
 * Reads what MassTransit would read, whatever the content type says: member names in any case, extra and missing ones,
 * the known type anywhere in the list and in any case. The message's body stays as it came (see `readMembers`).
 */
export function readEnvelope(delivery: Delivery, known: KnownTypes): ReadMessage {
  try {
    const json = readJson(delivery.body);
    if (!isObject(json)) throw unreadable('$', 'The body is JSON, but not an object.');
    const envelope = foldNames(json);
    return known.rawUrn !== undefined && isRaw(envelope, delivery)
      ? readRaw(json, delivery, known.rawUrn)
      : readTyped(envelope, delivery, known.urns);
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'undecodable', reason: error.message, error };
    throw error;
  }
}

function isRaw(envelope: Folded, { contentType }: Delivery): boolean {
  const isEnvelope = contentType?.toLowerCase().startsWith(envelopeType) ?? false;
  return !isEnvelope && !envelope.has('message') && !envelope.has('messagetype');
}

function readRaw(body: object, delivery: Delivery, urn: string): ReadMessage {
  const id = idOf(new Map(), delivery);
  const trace = readTrace(delivery.headers);
  const message = { id, urn, key: keyOf(body, id), version: undefined, sentAt: delivery.receivedAt, body, ...trace };
  return { kind: 'message', message, headers: {}, conversationId: undefined };
}

function readTyped(envelope: Folded, delivery: Delivery, urns: readonly string[]): ReadMessage {
  const body = envelope.get('message') ?? undefined;
  if (body === undefined) throw unreadable('$', 'The body is JSON, but holds no message: it is no envelope.');
  const types = typesOf(envelope);
  const urn = firstKnown(types, urns);
  if (urn === undefined) return { kind: 'unknown-type', types };
  const headers = headersOf(envelope);
  const identity = identityOf(envelope, delivery, body, headers);
  const trace = readTrace(delivery.headers, headers);
  const message = { ...identity, urn, sentAt: sentAtOf(envelope, delivery), body, ...trace };
  return { kind: 'message', message, headers, conversationId: conversationOf(envelope) };
}

function conversationOf(envelope: Folded): string | undefined {
  const id = envelope.get('conversationid');
  return typeof id === 'string' ? parsePathGuid(id.trim()) : undefined;
}

function typesOf(envelope: Folded): readonly string[] {
  const types = envelope.get('messagetype') ?? [];
  if (!Array.isArray(types) || !types.every((type) => typeof type === 'string')) {
    throw unreadable('$.messageType', 'The message type is not a list of names.');
  }
  return types;
}

function firstKnown(types: readonly string[], urns: readonly string[]): string | undefined {
  const byName = new Map(urns.map((urn) => [urn.toLowerCase(), urn]));
  return types.map((type) => byName.get(type.toLowerCase())).find((urn) => urn !== undefined);
}

function headersOf(envelope: Folded): Headers {
  const headers = envelope.get('headers') ?? {};
  if (!isObject(headers)) throw unreadable('$.headers', 'The headers are not an object.');
  return headers;
}

function identityOf(envelope: Folded, delivery: Delivery, body: unknown, headers: Headers) {
  const ours = foldNames(headers);
  const id = idOf(envelope, delivery);
  const key = ours.get(keyHeader.toLowerCase());
  return {
    id,
    key: typeof key === 'string' ? key : keyOf(body, id),
    version: versionOf(ours.get(versionHeader.toLowerCase())),
  };
}

function idOf(envelope: Folded, { body, messageId }: Delivery): string {
  const given = envelope.get('messageid') ?? '';
  if (typeof given !== 'string') throw unreadable('$.messageId', 'The message id is not a text.');
  if (given.trim() === '') return parsePathGuid(messageId ?? '') ?? idOfContent(body);
  return parsePathGuid(given.trim()) ?? notAnId();
}

function notAnId(): never {
  throw unreadable('$.messageId', 'The message id is not an id (GUID).');
}

// Without an id two deliveries of the same bytes are taken for one message, or a redelivery would be applied again.
export function idOfContent(body: Buffer): string {
  const digits = createHash('sha256').update(body).digest('hex');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-8${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
}

// The legacy's messages are about what their `id` names, or else their first `…Id`. What names nothing waits for nothing.
function keyOf(body: unknown, id: string): string {
  const members: Folded = isObject(body) ? foldNames(body) : new Map();
  const names = ['id', ...[...members.keys()].filter((name) => name.endsWith('id'))];
  const named = names.map((name) => members.get(name)).find((value) => typeof value === 'string');
  return named?.toLowerCase() ?? id;
}

function versionOf(given: unknown): number | undefined {
  const version = typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : given;
  return Number.isSafeInteger(version) ? (version as number) : undefined;
}

function sentAtOf(envelope: Folded, { receivedAt }: Delivery): Temporal.Instant {
  const given = envelope.get('senttime') ?? undefined;
  if (given === undefined) return receivedAt;
  const sentAt = typeof given === 'string' ? parseDateTimeOffset(given) : undefined;
  if (!sentAt) throw unreadable('$.sentTime', 'The time of sending is not a date and time (ISO 8601).');
  return sentAt;
}
