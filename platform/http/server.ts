import { randomUUID } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { finished, Readable } from 'node:stream';
import { parsePathGuid } from '@ticketbuddy/dotnet-json';
import { Refusal, tooLarge, unreadable, unsupportedMedia } from '@ticketbuddy/errors';
import { inSpan, inTrace, metricsContentType, traceIdOf } from '@ticketbuddy/telemetry';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { answerAtHand } from './at-hand.ts';
import { isJsonInUtf8 } from './content-type.ts';
import { answerCors } from './cors.ts';
import { describeApi, describeRoute } from './documentation.ts';
import { EventStreams } from './event-stream.ts';
import { type FailureAnswer, refusalAnswer, unexpectedAnswer } from './failures.ts';
import { readIdempotencyKey } from './idempotency-key.ts';
import { observe, observeRefusal, observeRoute } from './observe.ts';
import type { Answer, Incoming, Route } from './route.ts';

export type ServerOptions = {
  readonly routes: readonly Route[];
  /** Told of requests that failed. Nothing is made of it for the others. */
  readonly log: FastifyBaseLogger;
  /** Whether an error will pass when the caller tries again. */
  readonly isTransient: (error: unknown) => boolean;
  /** Whether what was asked may have been done in spite of the error. */
  readonly isUndecided: (error: unknown) => boolean;
  /** Resolves while the server can do its work. */
  readonly checkHealth: () => Promise<unknown>;
  /** What `/metrics` answers, in Prometheus' text format. */
  readonly metrics: () => Promise<string>;
};

const bodyLimitBytes = 1_048_576;
const everyMethod = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'];
const dropForMsMax = 10_000;
const finishMsMax = 10_000;
const healthMsMax = 2_000;
const jsonType = 'application/json; charset=utf-8';

const ownPaths = ['/', '/health', '/metrics', '/openapi.json', '/docs'];

/** A server that answers `routes`, `/health`, `/metrics`, `/openapi.json` and `/docs`, where `/` leads; not yet listening. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const server = Fastify({
    genReqId: () => randomUUID(),
    bodyLimit: bodyLimitBytes,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: 100 },
    frameworkErrors: (_error, request, reply) => refuseUrl(request, reply as unknown as FastifyReply),
    clientErrorHandler: refuseNonsense,
    http: { maxHeaderSize: 32_768 },
  });
  const streams = new EventStreams();
  readBodiesAsBytes(server);
  closeAfterTheLastAnswer(server, streams);
  server.decorateRequest('observed', undefined);
  server.addHook('onRequest', (request, reply, done) => {
    observe(request, reply);
    if (answerCors(request, reply)) return;
    // Before its body is read: an unknown path is unknown, whatever is sent to it.
    if (request.is404) reply.code(404).send();
    else done();
  });
  answerErrors(server, options);
  await describeApi(server);
  for (const route of options.routes) addRoute(server, route, streams);
  answerAtHand(server, options.routes, () => streams.isOver);
  addHealth(server, options.checkHealth);
  server.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(metricsContentType).send(await options.metrics()),
  );
  // Whoever opens the shop in a browser.
  server.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/docs'));
  refuseOtherMethods(server, [...options.routes, ...ownPaths.map((path) => ({ path, method: 'GET' as const }))]);
  return server;
}

// Node closes what is idle when the server stops; a connection that is busy then would be kept for its next request, and
// the stop would wait for that for a minute. A client that does not take its answer is not waited for for ever, and one that
// listens for what comes not at all.
function closeAfterTheLastAnswer(server: FastifyInstance, streams: EventStreams): void {
  server.addHook('preClose', (done) => {
    streams.endAll();
    server.server.keepAliveTimeout = 1;
    server.server.keepAliveTimeoutBuffer = 0;
    setTimeout(() => server.server.closeAllConnections(), finishMsMax).unref();
    done();
  });
}

// What is no HTTP, or has headers beyond all measure, gets the legacy's bare answer and no other request.
function refuseNonsense(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}

// A path that cannot be decoded, or is too long, is no path of ours; no hook has seen its request.
function refuseUrl(request: FastifyRequest, reply: FastifyReply): void {
  if (!answerCors(request, reply)) reply.code(404).send();
}

// The body stays bytes: what it may be is a route's own affair, and it is judged as the legacy judged it.
function readBodiesAsBytes(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.setValidatorCompiler(() => () => true);
  server.setSerializerCompiler(() => JSON.stringify);
}

function addRoute(server: FastifyInstance, route: Route, streams: EventStreams): void {
  server.route({
    method: route.method,
    url: route.path,
    schema: describeRoute(route),
    onRequest: (request, reply, done) => {
      if (!normaliseIds(request)) return void reply.code(404).send();
      observeRoute(request, route);
      done(route.read ? refuseBodyUnread(request) : undefined);
    },
    handler: async (request, reply) => {
      const body = route.read?.((request.body as Buffer | undefined) ?? Buffer.alloc(0));
      const idempotencyKey = route.repeatable && readIdempotencyKey(request.headers['idempotency-key']);
      const { headers } = request;
      const [ids, query] = [request.params as Record<string, string>, request.query as Incoming<unknown>['query']];
      const incoming = { ids, body, headers, query, idempotencyKey };
      const answer = await inTrace(request.observed?.trace, () => inSpan(route.useCase, () => route.handle(incoming)));
      if (answer.listening) return streams.open(reply, answer.listening);
      return send(reply, answer, route.type);
    },
  });
}

// A path whose parameters are no GUIDs is no path of ours, whatever the method.
function normaliseIds(request: FastifyRequest): boolean {
  const ids = request.params as Record<string, string>;
  for (const name in ids) {
    const id = parsePathGuid(ids[name] ?? '');
    if (id === undefined) return false;
    ids[name] = id;
  }
  return true;
}

// Judged by the headers, so that a huge upload is answered before it was sent.
function refuseBodyUnread({ headers }: FastifyRequest): Refusal | undefined {
  if (!isJsonInUtf8(headers['content-type'])) return unsupportedMedia();
  return Number(headers['content-length'] ?? 0) > bodyLimitBytes ? tooLarge() : undefined;
}

function send(reply: FastifyReply, answer: Answer, type = jsonType): FastifyReply {
  const { status, json, bytes, location, headers } = answer;
  reply.code(status);
  if (headers !== undefined) reply.headers(headers);
  if (location !== undefined) reply.header('location', location);
  const body = bytes ?? json;
  if (body === undefined) return reply.send();
  reply.header('content-type', type);
  return reply.send(typeof body === 'string' || body instanceof Uint8Array ? body : Readable.from(body));
}

function refuseOtherMethods(server: FastifyInstance, routes: readonly Pick<Route, 'path' | 'method'>[]): void {
  const byPath = Map.groupBy(routes, ({ path }) => path);
  for (const [url, known] of byPath) {
    const allowed = known.map(({ method }) => method).sort();
    const handled = new Set<string>([...allowed, 'HEAD']);
    server.route({
      method: everyMethod.filter((method) => !handled.has(method)),
      url,
      schema: { hide: true },
      onRequest: (request, reply) => {
        if (normaliseIds(request)) reply.code(405).header('allow', allowed.join(', ')).send();
        else reply.code(404).send();
      },
      handler: () => undefined,
    });
  }
}

function answerErrors(server: FastifyInstance, { isTransient, isUndecided, log }: ServerOptions): void {
  server.setNotFoundHandler((_request, reply) => void reply.code(404).send());
  server.setErrorHandler((error, request, reply) => {
    const trace = request.observed?.trace;
    const refusal = asRefusal(error);
    if (refusal) {
      observeRefusal(request, refusal.code);
      return write(reply, refusalAnswer(refusal, trace));
    }
    // To be asked to come back means that nothing was done, or that to ask again does no harm.
    const isHarmless = request.headers['idempotency-key'] !== undefined || !isUndecided(error);
    const passes = isTransient(error) && isHarmless;
    const { id: requestId, routeOptions } = request;
    const about = { requestId, err: error, route: routeOptions.url, traceId: traceIdOf(trace?.traceparent) };
    log[passes ? 'warn' : 'error'](about, 'request failed');
    return write(reply, unexpectedAnswer(passes));
  });
}

// What Fastify itself refuses: a body that grows too large while it comes in, or that is cut off.
function asRefusal(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  const { code, statusCode = 500 } = error as { code?: string; statusCode?: number };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge();
  return statusCode < 500 ? unreadable('$', 'The body could not be read.') : undefined;
}

// Past Fastify, which would add a Content-Type, and would close the connection on a client that is still sending.
function write(reply: FastifyReply, { status, headers, body }: FailureAnswer): void {
  const { connection: _closing, 'content-type': _meant, ...set } = reply.getHeaders() as OutgoingHttpHeaders;
  reply.hijack();
  // A list that failed before its first piece has it here already.
  reply.raw.removeHeader('content-type');
  reply.raw.writeHead(status, { ...set, ...headers, 'content-length': Buffer.byteLength(body) });
  reply.raw.write(body);
  whenSent(reply.request.raw, () => reply.raw.end());
}

// Closing on a client that is still sending would make it lose the answer; what it sends is read and dropped.
function whenSent(request: IncomingMessage, then: () => void): void {
  if (request.complete) {
    then();
    return;
  }
  const limit = setTimeout(() => request.destroy(), dropForMsMax);
  finished(request.resume(), () => {
    clearTimeout(limit);
    then();
  });
}

function addHealth(server: FastifyInstance, checkHealth: () => Promise<unknown>): void {
  server.get('/health', { schema: { hide: true } }, async (_request, reply) => {
    const healthy = await within(healthMsMax, checkHealth()).then(
      () => true,
      () => false,
    );
    return reply.code(healthy ? 200 : 503).send(healthy ? 'Healthy' : 'Unhealthy');
  });
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const tooLate = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms).unref();
  });
  return Promise.race([work, tooLate]);
}
