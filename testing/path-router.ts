import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { finished } from 'node:stream';

export type Owners = { readonly events: string; readonly users: string; readonly tickets: string };

export type PathRouter = { readonly url: string; stop(): Promise<void> };

/** Makes the processes of a split shop one address: each request goes to the owner of its path, byte for byte. */
export async function startPathRouter(owners: Owners): Promise<PathRouter> {
  const server = createServer((request, response) => pass(ownerOf(request.url ?? '/', owners), request, response));
  server.on('checkContinue', (request, response) => pass(ownerOf(request.url ?? '/', owners), request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function ownerOf(path: string, owners: Owners): string {
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
  if (/^\/(events\/[^/]*\/tickets|v2\/|\.well-known\/ticket-keys)/i.test(decoded)) return owners.tickets;
  return /^\/users/i.test(decoded) ? owners.users : owners.events;
}

function pass(owner: string, request: IncomingMessage, response: ServerResponse): void {
  const { hostname, port } = new URL(owner);
  const onward = forward({
    hostname,
    port,
    method: request.method,
    path: request.url,
    headers: request.rawHeaders,
    agent: false,
    setHost: false,
  });
  onward.on('continue', () => response.writeContinue());
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.pipe(response, { end: false });
    // A client that is still sending would lose an answer that ends before it has done so.
    answer.on('end', () => finished(request, () => response.end()));
    answer.on('error', () => response.destroy());
  });
  onward.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  request.pipe(onward);
}
