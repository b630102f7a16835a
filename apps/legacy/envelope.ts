import { randomUUID } from 'node:crypto';
import os from 'node:os';
import { writeJson } from './dotnet-text.ts';

export type Headers = Readonly<Record<string, unknown>>;

/** What is told in an envelope. */
export type Content = {
  readonly exchange: string;
  /** Who sends, as an address: `rabbitmq://localhost/event`. */
  readonly sourceAddress: string;
  readonly conversationId: string;
  readonly messageType: readonly string[];
  readonly message: unknown;
  readonly headers?: Headers;
};

export const contentType = 'application/vnd.masstransit+json';

/** An envelope as MassTransit 8.5 writes it, indented and with its members in that order. */
export function writeEnvelope(content: Content, brokerAddress: string): { readonly id: string; readonly body: string } {
  const id = randomUUID();
  const envelope = {
    messageId: id,
    requestId: null,
    correlationId: null,
    conversationId: content.conversationId,
    initiatorId: null,
    sourceAddress: content.sourceAddress,
    destinationAddress: `${brokerAddress}/${content.exchange}`,
    responseAddress: null,
    faultAddress: null,
    messageType: content.messageType,
    message: content.message,
    expirationTime: null,
    sentTime: utcNow(),
    headers: content.headers ?? {},
    host,
  };
  return { id, body: writeJson(envelope, 2) };
}

/** As .NET writes a DateTime: UTC, up to 7 digits. */
export function utcNow(): string {
  return Temporal.Now.instant()
    .toString({ smallestUnit: 'microsecond' })
    .replace(/\.?0+Z$/, 'Z');
}

/** `amqp://user@mq:5672/shop` as MassTransit names it: `rabbitmq://mq/shop`. */
export function brokerAddressOf(amqpUrl: string): string {
  const { hostname, port, pathname } = new URL(amqpUrl);
  const virtualHost = decodeURIComponent(pathname.slice(1));
  const authority = port === '' || port === '5672' ? hostname : `${hostname}:${port}`;
  return `rabbitmq://${authority}${virtualHost === '' || virtualHost === '/' ? '' : `/${virtualHost}`}`;
}

export function urnOf(type: string): string {
  return `urn:message:${type}`;
}

/** Who sends, told in every envelope. */
export const host = {
  machineName: os.hostname(),
  processName: 'Host',
  processId: process.pid,
  assembly: 'Host',
  assemblyVersion: '1.0.0.0',
  frameworkVersion: '9.0.20',
  massTransitVersion: '8.5.11.0',
  operatingSystemVersion: `Unix ${os.release()}`,
} as const;
