import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { quotedName } from '@ticketbuddy/change-stream';
import { BodyKeeper, type Read, type Shadow, type Versions } from '@ticketbuddy/shadow';
import { Pool } from 'undici';
import { events } from './migration-sides.ts';

export type Edge = {
  readonly url: string;
  /** From now on each read is offered to whom this names for its number, counted from 0; or to nobody. */
  shadowWith(chosen: (nth: number) => Shadow | undefined): void;
  stop(): Promise<void>;
};

const bodyBytesMax = 1024 * 1024;

// The client has more connections than it needs all the time.
const patient = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 };

/** The least that a gateway is: passes what the owner answers on, and tells a shadow of it afterwards. */
export async function startEdge(owner: string, versions: Versions): Promise<Edge> {
  const pool = new Pool(owner, { connections: 64, pipelining: 1 });
  let [chosen, nth]: [(nth: number) => Shadow | undefined, number] = [() => undefined, 0];
  const server = createServer(patient, async (request, response) => {
    const shadow = chosen(nth++);
    const read = await pass(pool, versions, request, response);
    shadow?.offer(read);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shadowWith(next) {
      [chosen, nth] = [next, 0];
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
