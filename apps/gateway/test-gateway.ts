import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as open } from 'node:http';
import { createEdgeTables, Edge } from '@ticketbuddy/cutover';
import { PostgresNotifications } from '@ticketbuddy/postgres';
import { createTestDatabase } from '@ticketbuddy/testing';
import type pg from 'pg';
import { onTestFinished } from 'vitest';
import { type Gateway, type GatewayOptions, startGateway } from './gateway.ts';

export type Counter = { readonly edge: Edge; readonly pool: pg.Pool; close(): Promise<void> };

/** Knows that the legacy owns the events, and lets writes through; for the tests of a file. */
export async function openCounter(waitMsMax = 5_000): Promise<Counter> {
  const { pool, url, drop } = await createTestDatabase(4);
  await createEdgeTables(pool);
  const notifications = new PostgresNotifications(url);
  const edge = new Edge({ pool, notifications, name: 'counter', units: ['events'], waitMsMax });
  await notifications.start();
  await edge.start();
  const close = async () => {
    await edge.stop();
    await notifications.stop();
    await drop();
  };
  return { edge, pool, close };
}

/** Before an owner who answers at `url`; stopped with the test. */
export async function gatewayTo(
  url: string,
  { edge, ...options }: Pick<GatewayOptions, 'edge'> & Partial<GatewayOptions>,
): Promise<Gateway> {
  const urls = { legacy: url, next: url };
  const gateway = await startGateway({ host: '127.0.0.1', port: 0, urls, edge, units: ['events'], ...options });
  onTestFinished(() => gateway.stop());
  return gateway;
}

/** What the gateway says of itself in a gauge, all of its labels together. */
export async function gaugeOf({ gauges }: Pick<Gateway, 'gauges'>, name: string): Promise<number> {
  const found = (await gauges()).find((metric) => metric.name === `ticketbuddy_gateway_${name}`);
  return found?.samples.reduce((sum, { value }) => sum + value, 0) ?? 0;
}

export type Client = {
  readonly request: ClientRequest;
  /** Status, Retry-After and text; the status is 0 when the connection broke. */
  readonly answer: Promise<readonly [status: number, retryAfter: string | undefined, text: string]>;
};

/** A client over a connection of its own, who may leave; without `body` the request stays open for more of it. */
export function ask(
  url: string,
  method: string,
  body: string | undefined,
  headers: Record<string, string> = {},
): Client {
  const request = open(url, { method, headers, agent: false });
  const answer = answerTo(request).catch(() => [0, undefined, ''] as const);
  if (body === undefined) request.flushHeaders();
  else request.end(body);
  return { request, answer };
}

async function answerTo(request: ClientRequest): Client['answer'] {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const text = (await Array.fromAsync(response)).join('');
  return [response.statusCode ?? 0, response.headers['retry-after'], text];
}
