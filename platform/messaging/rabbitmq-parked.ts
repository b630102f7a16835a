import { parseDateTimeOffset } from '@ticketbuddy/dotnet-json';
import type { AsyncMessage } from 'rabbitmq-client';
import type { ParkedMessage } from './broker-admin.ts';
import { retryCountHeader } from './masstransit/fault-headers.ts';
import { foldNames, isObject } from './masstransit/members.ts';
import { idOfContent } from './masstransit/read-envelope.ts';
import { readJson } from './masstransit/read-json.ts';
import type { Outgoing } from './rabbitmq-codec.ts';
import { deliveryLimit, skippedQueue } from './rabbitmq-topology.ts';
import { bytesOf } from './rabbitmq-work.ts';

/** What a message in `<queue>_error` or `<queue>_skipped` tells of itself. */
export function toParked(queue: string, parkedIn: string, message: AsyncMessage): ParkedMessage {
  const headers = message.headers ?? {};
  const urn = urnOf(bytesOf(message));
  const death = lastDeath(headers);
  return {
    queue,
    id: idOf(message),
    urn,
    reason: textOf(headers['MT-Fault-Message']) ?? reasonOf(death) ?? withoutReason(queue, parkedIn, urn),
    attempts: attemptsOf(headers, death),
    parkedAt: parseDateTimeOffset(textOf(headers['MT-Fault-Timestamp']) ?? '') ?? timeOf(death),
    headers,
    body: bytesOf(message).toString(),
  };
}

export function idOf(message: AsyncMessage): string {
  return message.messageId || idOfContent(bytesOf(message));
}

/** The message as it first came, straight into the queue. */
export function backTo(queue: string, message: AsyncMessage): Outgoing {
  const { contentType, contentEncoding, correlationId, replyTo, messageId, timestamp, type, appId } = message;
  const properties = { contentType, contentEncoding, correlationId, replyTo, messageId, timestamp, type, appId };
  const given = Object.entries(properties).filter(([, value]) => value !== undefined);
  const headers = Object.entries(message.headers ?? {}).filter(([name]) => !addedByParking.test(name));
  return {
    exchange: '',
    routingKey: queue,
    mandatory: true,
    properties: { ...Object.fromEntries(given), headers: Object.fromEntries(headers) },
    body: bytesOf(message),
  };
}

// By MassTransit or by the server; CC and BCC would send it to other queues too, once more.
const addedByParking =
  /^(MT-Fault-.*|MT-Host-.*|MT-Reason|x-(first-|last-)?death.*|x-delivery-count|x-acquired-count|B?CC)$/i;

type Death = { readonly reason?: unknown; readonly time?: unknown };

// The server puts the latest first.
function lastDeath(headers: Readonly<Record<string, unknown>>): Death | undefined {
  const { 'x-death': deaths } = headers;
  const death: unknown = Array.isArray(deaths) ? deaths[0] : undefined;
  return isObject(death) ? death : undefined;
}

function reasonOf(death: Death | undefined): string | undefined {
  if (death === undefined) return undefined;
  const reason = String(death.reason);
  return deathReasons[reason] ?? `the server took it out of the queue: ${reason}`;
}

const deathReasons: Readonly<Record<string, string>> = {
  delivery_limit: `delivered more than ${deliveryLimit} times and never answered for: it ended its process, or its connection, each time`,
  rejected: 'a consumer rejected it',
  expired: 'it was not handled before its time was up',
  maxlen: 'the queue was full',
};

function attemptsOf(headers: Readonly<Record<string, unknown>>, death: Death | undefined): number {
  if (death?.reason === 'delivery_limit' && headers[retryCountHeader] === undefined) return deliveryLimit + 1;
  return Number(headers[retryCountHeader] ?? 0) + 1;
}

// In seconds.
function timeOf(death: Death | undefined): Temporal.Instant | undefined {
  return typeof death?.time === 'number' ? Temporal.Instant.fromEpochMilliseconds(death.time * 1000) : undefined;
}

function withoutReason(queue: string, parkedIn: string, urn: string | undefined): string {
  if (parkedIn === skippedQueue(queue)) return `the queue takes no message of the type ${urn ?? '(unknown)'}`;
  return 'whoever set it aside gave no reason';
}

function urnOf(body: Buffer): string | undefined {
  try {
    const json = readJson(body);
    const types = isObject(json) ? foldNames(json).get('messagetype') : undefined;
    return Array.isArray(types) ? textOf(types[0]) : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
