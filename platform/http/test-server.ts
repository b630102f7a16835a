import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { onTestFinished } from 'vitest';
import type { Route } from './route.ts';
import { createServer } from './server.ts';

/** A server of these routes, stopped when the test has finished. */
export async function startServer(routes: readonly Route[]) {
  const { log } = Fastify({ logger: { level: 'silent' } });
  const nothing = async () => '';
  const no = () => false;
  const told = { isTransient: no, isUndecided: no, checkHealth: nothing, metrics: nothing };
  const server = await createServer({ routes, log, ...told });
  await server.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  return { port: (server.server.address() as AddressInfo).port, stop: () => server.close() };
}

export type Sent = { readonly method?: string; readonly headers?: Readonly<Record<string, string>> };

/** The response, whose body nobody has read yet. */
export function open(
  port: number,
  path: string,
  { method = 'GET', headers = {} }: Sent = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers, agent: false }, resolve).on('error', reject).end();
  });
}
