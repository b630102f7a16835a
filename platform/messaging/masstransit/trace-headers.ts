import { formatTraceparent, parseTraceparent } from '@ticketbuddy/telemetry';
import type { Headers } from './envelope.ts';

// Both carry the same: what everybody reads, and what MassTransit reads.
const names = ['traceparent', 'MT-Activity-Id'];

/** The headers that tell of a message's trace, for AMQP and for the envelope. */
export function traceHeaders(traceparent: string | undefined): Headers {
  return traceparent === undefined ? {} : Object.fromEntries(names.map((name) => [name, traceparent]));
}

/** The trace that the first of these headers tells of; one that cannot be read counts as none. */
export function readTrace(...headers: readonly (Headers | undefined)[]): { readonly traceparent?: string } {
  const given = headers.flatMap((some) => names.map((name) => textOf(some?.[name])));
  const read = given.map(parseTraceparent).find((trace) => trace !== undefined);
  return read ? { traceparent: formatTraceparent(read) } : {};
}

function textOf(value: unknown): string | undefined {
  return Buffer.isBuffer(value) ? value.toString() : typeof value === 'string' ? value : undefined;
}
