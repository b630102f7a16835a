import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Exchange, isExchange, type RecordedAnswer, type Step, type Story } from './captures.ts';
import { headersByContract } from './contract-headers.ts';
import { expectationOf, type Side } from './expectation.ts';
import { replaceIds } from './ids.ts';

/** Changes an answer before it is sent: the planted defects of the tests. */
export type Plant = (answer: RecordedAnswer, exchange: Exchange) => RecordedAnswer;

export type RecordedServer = {
  readonly baseUrl: string;
  /** What was asked and stands nowhere in the recording, with the recorded ids. Each was answered 204. */
  readonly unrecorded: string[];
  stop(): Promise<void>;
};

type Asked = { readonly method: string; readonly path: string; readonly body: string };
type Responder = (asked: Asked) => RecordedAnswer;

/**
 * A server of the tests that answers out of a recording, with ids of its own in the place of the recorded ones, and
 * lists without an order the other way round. It walks through the story with whoever asks.
 */
export async function startRecordedServer(
  story: Story,
  side: Side,
  plant: Plant = (answer) => answer,
): Promise<RecordedServer> {
  const unrecorded: string[] = [];
  const respond = withOwnIds(story, walkThrough(story, side, plant, unrecorded));
  const server = createServer({ maxHeaderSize: 65_536 }, (request, response) => serve(request, response, respond));
  server.on('clientError', (error: Error & { rawPacket?: Buffer }, socket) =>
    serveRaw(error.rawPacket, socket, respond),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, unrecorded, stop };
}

function withOwnIds(story: Story, respond: Responder): Responder {
  const own = new Map(story.steps.flatMap(givenIds).map((id) => [id, randomUUID() as string]));
  const recorded = new Map([...own].map(([id, ownId]) => [ownId, id]));
  const asRecorded = (text: string) => replaceIds(text, (id) => recorded.get(id));
  const asOwn = (text: string) => replaceIds(text, (id) => own.get(id));
  return ({ method, path, body }) => {
    const answer = respond({ method, path: asRecorded(path), body: asRecorded(body) });
    const headers = Object.entries(answer.headers).map(([name, value]) => [name, asOwn(value)]);
    return { ...answer, headers: Object.fromEntries(headers), body: asOwn(answer.body) };
  };
}

function givenIds({ define, response }: Step): string[] {
  const inBody = [...(response?.body ?? '').matchAll(/(?:"Id":|^)"([0-9a-f-]{36})"/g)].map(([, id = '']) => id);
  const seats = Array.isArray(define?.seats) ? define.seats : [];
  return [...inBody, ...seats];
}

/** The replay may leave steps out, so the answer is that of the next step which asked the same. It may also ask again. */
function walkThrough(story: Story, side: Side, plant: Plant, unrecorded: string[]): Responder {
  let at = 0;
  return (asked) => {
    const step = stepFor(story, at, asked);
    if (!step) unrecorded.push(`${asked.method} ${asked.path} ${asked.body}`);
    if (!step) return NO_CONTENT;
    at = story.steps.indexOf(step) + 1;
    return isExchange(step) ? plant(answerOf(step, side), step) : seatList(step);
  };
}

function stepFor({ steps }: Story, at: number, asked: Asked): Step | undefined {
  const due = steps.slice(at).find((step) => (isExchange(step) && !step.volatile) || step.define?.seats);
  const last = steps[at - 1];
  if (due && !isExchange(due)) return due;
  if (due && isAsked(due, asked)) return due;
  if (last?.request?.method === 'GET' && isAsked(last, asked)) return last;
  return steps.slice(at).find((step) => isAsked(step, asked));
}

const NO_CONTENT: RecordedAnswer = { status: 204, headers: {}, body: '' };

function isAsked({ request, volatile }: Step, asked: Asked): boolean {
  if (!request || volatile || request.method !== asked.method || request.path !== asked.path) return false;
  return request.bodyGenerator ? true : (request.body ?? '') === asked.body;
}

function seatList({ define }: Step): RecordedAnswer {
  const seats = [define?.seats ?? []].flat().map((Id, index) => ({ Id, SeatNumber: index + 1 }));
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(seats.reverse()) };
}

function answerOf(exchange: Exchange, side: Side): RecordedAnswer {
  const {
    status,
    headers,
    body = anyBody(exchange, status),
  } = expectationOf(exchange, exchange.next?.skip ? 'legacy' : side);
  if (headers !== 'by-contract') return { status, headers, body: withoutOrder(body) };
  const rules = Object.entries(headersByContract(exchange.request, status, body) ?? {});
  const written = rules.map(([name, rule]) => [
    name,
    typeof rule === 'string' ? rule : `${exchange.request.path}/${randomUUID()}`,
  ]);
  return { status, headers: Object.fromEntries(written), body: withoutOrder(body) };
}

function anyBody({ request }: Exchange, status: number): string {
  if (status === 400) return '{"title":"Any","status":400,"errors":{}}';
  return status === 201 ? JSON.stringify(request.path) : '';
}

/** Other order, same text of each element: parsing would change the numbers. */
function withoutOrder(body: string): string {
  if (!/^\[\{.*"(SeatNumber|FullName)":/.test(body)) return body;
  return `[${body
    .slice(1, -1)
    .split(/(?<=\}),(?=\{)/)
    .reverse()
    .join(',')}]`;
}

async function serve(request: IncomingMessage, response: ServerResponse, respond: Responder): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  const sent = Buffer.concat(pieces);
  const { method = '', url: path = '' } = request;
  // A body that long was not recorded, so there is nothing to compare it with.
  const { status, headers, body } = respond({ method, path, body: sent.length > 1_000_000 ? '' : sent.toString() });
  response.writeHead(status, headers);
  response.end(body);
}

/** Node refuses verbs that it does not know before anybody is asked; the recorded server did not. */
function serveRaw(packet: Buffer | undefined, socket: Duplex, respond: Responder): void {
  const [method = '', path = ''] = String(packet ?? '').split(' ');
  const { status, headers, body } = respond({ method, path, body: '' });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} Any\r\n${lines.join('')}\r\n${body}`);
}
