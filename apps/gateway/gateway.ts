import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Edge, Side } from '@ticketbuddy/cutover';
import type { GaugeSource } from '@ticketbuddy/telemetry';
import { gatewayGauges } from './figures.ts';
import { type Limits, usualLimits } from './limits.ts';
import type { Reads } from './reads.ts';
import { createServing } from './serve.ts';
import type { Shadows } from './shadows.ts';
import type { UnitName } from './units.ts';
import { openUpstream } from './upstream.ts';

export type GatewayOptions = {
  readonly host: string;
  readonly port: number;
  /** Where the two systems answer. */
  readonly urls: Readonly<Record<Side, string>>;
  readonly edge: Edge;
  /** The units that are moved, or may be; all else is the legacy's. */
  readonly units: readonly UnitName[];
  readonly limits?: Partial<Limits>;
  /** Unset: the owner answers all reads. */
  readonly reads?: Reads | undefined;
  /** Unset: no read is asked of the other side for comparing. */
  readonly shadows?: Shadows | undefined;
};

export type Gateway = {
  readonly url: string;
  readonly gauges: GaugeSource;
  /** Takes no request any more and lets those finish that it has, held writes among them, for a bounded time. */
  stop(): Promise<void>;
};

/** Sends each request to the system that owns its unit. Writes wait while a unit changes hands, and none is sent twice. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { host, port, urls, edge, units, reads, shadows } = options;
  const limits = { ...usualLimits, ...options.limits };
  const upstreams = { legacy: openUpstream(urls.legacy, limits), next: openUpstream(urls.next, limits) };
  const { serve, writes, isIdle } = createServing({ upstreams, edge, units, reads, shadows, limits });
  shadows?.heed(isIdle);
  const server = createServer(
    { maxHeaderSize: limits.headerBytesMax },
    (request: IncomingMessage, response: ServerResponse) => void serve(request, response),
  );
  server.timeout = silenceMsMax(limits);
  await once(server.listen(port, host), 'listening');
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${taken}`,
    gauges: gatewayGauges({ upstreams, writes }),
    async stop() {
      await close(server, limits.stopMs);
      await Promise.all([upstreams.legacy.close(limits.stopMs), upstreams.next.close(limits.stopMs)]);
    },
  };
}

const holdMsMax = 5_000;

// A client that neither sends the rest of its request nor takes its answer keeps its room no longer than any owner may be silent.
function silenceMsMax({ queueMs, connectMs, headersMs, bodyIdleMs }: Limits): number {
  return holdMsMax + queueMs + connectMs + Math.max(headersMs, bodyIdleMs);
}

async function close(server: Server, msMax: number): Promise<void> {
  const closed = once(server, 'close');
  // A connection that is busy now is not kept for another request.
  server.keepAliveTimeout = 1;
  server.keepAliveTimeoutBuffer = 0;
  server.close();
  server.closeIdleConnections();
  await Promise.race([closed, sleep(msMax, undefined, { ref: false })]);
  server.closeAllConnections();
  await closed;
}
