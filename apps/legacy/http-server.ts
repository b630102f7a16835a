import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { unreadable, unsupportedMedia } from '@ticketbuddy/errors';
import { type Answer, empty, failure, negotiated } from './answers.ts';
import { matchRoute, readPath } from './paths.ts';
import type { Route } from './routes.ts';

const bodyBytesMax = 30_000_000;
const idleMsMax = 130_000;
const jsonType = /^\s*(?:application\/json|text\/json|application\/[^\s;/]+\+json)\s*(?:;|$)/i;
const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i;

/** Answers `routes` as the legacy's server does, and `/health` while `isHealthy` says so; not yet listening. */
export function createHttpServer(routes: readonly Route[], isHealthy: () => Promise<boolean>): Server {
  const server = createServer({ maxHeaderSize: 32_768, keepAliveTimeout: idleMsMax }, (request, response) => {
    void answerRequest(routes, request, isHealthy).then((answer) => write(request, response, answer));
  });
  server.on('clientError', (error: ParseError, socket: Socket) => answerNonsense(routes, error, socket));
  return server;
}

type ParseError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

async function answerRequest(
  routes: readonly Route[],
  request: IncomingMessage,
  isHealthy: () => Promise<boolean>,
): Promise<Answer> {
  const cors = request.headers.origin === undefined ? {} : { 'access-control-allow-origin': '*' };
  const preflight = preflightHeaders(request);
  if (preflight) return { status: 204, headers: { ...cors, ...preflight }, body: '' };
  if (request.url === '/health') return empty((await isHealthy()) ? 200 : 503);
  const answer = await answerRoute(routes, request).catch((error) => failure(error, request.headers));
  return { ...answer, headers: { ...answer.headers, ...cors } };
}

// Granted on every path, whatever is asked for.
function preflightHeaders({ method, headers }: IncomingMessage): Answer['headers'] | undefined {
  const asked = headers['access-control-request-method'];
  if (method !== 'OPTIONS' || headers.origin === undefined || asked === undefined) return undefined;
  const names = headers['access-control-request-headers'];
  return {
    'access-control-allow-methods': asked,
    ...(names !== undefined && { 'access-control-allow-headers': names }),
  };
}

async function answerRoute(routes: readonly Route[], request: IncomingMessage): Promise<Answer> {
  const { method = '', url = '' } = request;
  const path = readPath(url);
  if ('status' in path) return empty(path.status);
  const match = matchRoute(routes, path.parts);
  if (!match) return empty(404);
  const handle = match.route.methods[method];
  return handle ? handle({ ids: match.ids, json: () => readJson(request) }) : methodNotAllowed(match.route);
}

function methodNotAllowed({ methods }: Route): Answer {
  return empty(405, { allow: Object.keys(methods).sort().join(', ') });
}

async function readJson(request: IncomingMessage): Promise<Buffer> {
  const type = request.headers['content-type'] ?? '';
  if (/^\s*multipart\/form-data\b/i.test(type)) throw unreadable('', 'Failed to read the request form.');
  if (!jsonType.test(type)) throw unsupportedMedia();
  const coding = (charset.exec(type)?.[1] ?? 'utf-8').toLowerCase();
  if (coding === 'utf-16') throw new Error('The body is not in UTF-16');
  if (coding !== 'utf-8') throw unsupportedMedia();
  return readBody(request);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = Number(request.headers['content-length'] ?? 0);
  if (length > bodyBytesMax) throw new Error('Request body too large');
  length = 0;
  for await (const piece of request) {
    pieces.push(piece);
    length += piece.length;
    if (length > bodyBytesMax) throw new Error('Request body too large');
  }
  return Buffer.concat(pieces);
}

function write(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status, headers, body } = negotiated(answer, request.headers);
  const length = status === 204 ? {} : { 'content-length': body.length };
  response.writeHead(status, { ...headers, ...length }).end(body);
}

// Node refuses verbs that it does not know before anybody sees them; to the legacy they are methods like others.
function answerNonsense(routes: readonly Route[], error: ParseError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [, url] = /^[A-Z]+ (\S+) HTTP\/1\.1\r\n/.exec(error.rawPacket?.toString('latin1') ?? '') ?? [];
  if (error.code === 'HPE_INVALID_METHOD' && url !== undefined) endWith(socket, answerUnknownVerb(routes, url));
  else endWith(socket, empty(error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400));
}

function answerUnknownVerb(routes: readonly Route[], url: string): Answer {
  const path = readPath(url);
  const match = 'parts' in path ? matchRoute(routes, path.parts) : undefined;
  return match ? methodNotAllowed(match.route) : empty(404);
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  431: 'Request Header Fields Too Large',
};

function endWith(socket: Socket, { status, headers }: Answer): void {
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${reasons[status]}\r\n${lines.join('')}\r\n`);
}
