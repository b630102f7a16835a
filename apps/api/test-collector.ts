import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '@ticketbuddy/testing';
import { onTestFinished } from 'vitest';

/** A span as a collector gets it, by OTLP in JSON. */
export type CollectedSpan = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code: number };
};

export type Collector = {
  readonly url: string;
  readonly spans: CollectedSpan[];
  readonly paths: Set<string>;
  /** The spans of one trace, once one of that name has come. */
  trace(traceId: string, last: string): Promise<readonly CollectedSpan[]>;
};

type Export = {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly CollectedSpan[] }[];
  }[];
};

type Manner = (request: IncomingMessage, response: ServerResponse) => void;

/** The smallest collector there can be: it takes spans over HTTP, and is gone at the end of the test. */
export async function aCollector(manner: Manner = (_request, response) => void response.end('{}')): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const paths = new Set<string>();
  const server = createServer(async (request, response) => {
    paths.add(request.url ?? '');
    const { resourceSpans } = JSON.parse(Buffer.concat(await request.toArray()).toString()) as Export;
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
    manner(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    paths,
    async trace(traceId, last) {
      const ofTrace = () => spans.filter((span) => span.traceId === traceId);
      return until(`the collector has ${last}`, async () => {
        const found = ofTrace();
        return found.some(({ name }) => name === last) && found;
      });
    },
  };
}

export function attributesOf({ attributes }: CollectedSpan): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
