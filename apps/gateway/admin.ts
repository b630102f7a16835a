import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type GaugeSource, metricsContentType, metricsText } from '@ticketbuddy/telemetry';

export type AdminOptions = {
  readonly host: string;
  readonly port: number;
  readonly gauges: () => readonly GaugeSource[];
  /** Why the gateway cannot do its work; `undefined` while it can. */
  readonly trouble: () => string | undefined;
};

export type Admin = { readonly url: string; stop(): Promise<void> };

/** Tells how the gateway is, on a port that clients do not get at: `GET /-/health`, `GET /-/metrics`. */
export async function startAdmin({ host, port, gauges, trouble }: AdminOptions): Promise<Admin> {
  const server = createServer(async (request, response) => {
    if (request.url === '/-/metrics') answer(response, 200, await metricsText(gauges()), metricsContentType);
    else if (request.url === '/-/health') answer(response, trouble() ? 503 : 200, trouble() ?? 'Healthy');
    else answer(response, 404, 'There are /-/health and /-/metrics');
  });
  await once(server.listen(port, host), 'listening');
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type }).end(text);
}
