import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { quotedName } from '@ticketbuddy/change-stream';
import { BodyKeeper, type Read, type Shadow, type Versions } from '@ticketbuddy/shadow';
import { Pool } from 'undici';
import { events } from './migration-sides.ts';

export type Edge = {
  readonly url: string;
  /** From now on each read is offered to this one, or to nobody. */
  shadowWith(shadow: Shadow | undefined): void;
  stop(): Promise<void>;
};

const bodyBytesMax = 1024 * 1024;

/** The least that a gateway is: passes what the owner answers on, and tells a shadow of it afterwards. */
export async function startEdge(owner: string, versions: Versions): Promise<Edge> {
  const pool = new Pool(owner, { connections: 64, pipelining: 1 });
  let shadow: Shadow | undefined;
  const server = createServer(async (request, response) => {
    const read = await pass(pool, versions, request, response);
    shadow?.offer(read);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shadowWith(next) {
      shadow = next;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await pool.close();
    },
  };
}

async function pass(
  pool: Pool,
  versions: Versions,
  { url: path = '/', headers }: IncomingMessage,
  response: ServerResponse,
): Promise<Read> {
  const since = versions.before();
  const { statusCode: status, headers: found, body } = await pool.request({ method: 'GET', path });
  response.writeHead(status, found);
  const kept = new BodyKeeper(bodyBytesMax);
  for await (const part of body) {
    kept.add(part);
    response.write(part);
  }
  response.end();
  return readOf(path, headers, since, { status, headers: found, body: kept.body });
}

/** The read of one event by the last part of its path. */
export function readOf(path: string, headers: Read['headers'], since: Read['since'], answer: Read['answer']): Read {
  const aggregates = [{ table: quotedName(events.legacy), values: { Id: path.split('/')[2] ?? '' } }];
  return { endpoint: 'GET /events/{id}', method: 'GET', path, headers, aggregates, since, answer };
}
