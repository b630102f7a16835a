import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { createPool } from '@ticketbuddy/postgres';
import { BodyKeeper, createTally, type Read } from '@ticketbuddy/shadow';
import { Pool } from 'undici';
import {
  candidates,
  type EdgeOptions,
  openShadow,
  readOf,
  type Turn,
  type Turns,
  versionsOf,
} from './migration-edge.ts';

/** The least that a gateway is: passes what the owner answers on, and tells a shadow of it afterwards. */

const { urls, databases } = workerData as EdgeOptions;
const bodyBytesMax = 1024 * 1024;
// The client has more connections than it needs all the time.
const patient = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 };

const owner = new Pool(urls.owner, { connections: 64, pipelining: 1 });
const versions = versionsOf({ source: side(databases.source), target: side(databases.target) });
let shadows = new Map<Turn, ReturnType<typeof openShadow>>();
let [nth, { order, readsEach }]: [number, Turns] = [0, { order: [], readsEach: 1 }];

let clients = 0;
const isIdle = () => clients === 0;
const server = createServer(patient, async (request, response) => {
  const shadow = shadows.get(order[Math.floor(nth++ / readsEach)] ?? 'without');
  clients += 1;
  const read = await pass(request, response, shadow && versions.before());
  clients -= 1;
  shadow?.offer(read);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
parentPort?.on('message', async (next: Turns) => {
  await Promise.all([...shadows.values()].map((shadow) => shadow.stop()));
  const record = createTally(() => Temporal.Now.instant());
  shadows = new Map(candidates.map((candidate) => [candidate, openShadow(urls, versions, candidate, record, isIdle)]));
  [nth, { order, readsEach }] = [0, next];
  parentPort?.postMessage('taken');
});
parentPort?.postMessage(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);

function side(url: string) {
  return { url, pool: createPool({ url, connections: 12 }) };
}

async function pass(
  { url: path = '/', headers }: IncomingMessage,
  response: ServerResponse,
  since: Read['since'],
): Promise<Read> {
  const { statusCode: status, headers: found, body } = await owner.request({ method: 'GET', path });
  response.writeHead(status, found);
  const kept = new BodyKeeper(bodyBytesMax);
  for await (const part of body) {
    kept.add(part);
    response.write(part);
  }
  response.end();
  return readOf(path, headers, since, { status, headers: found, body: kept.body });
}
