import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { parsePathGuid } from '@ticketbuddy/dotnet-json';
import type { FastifyInstance } from 'fastify';
import { counterOf } from './observe.ts';
import type { Answer, Route } from './route.ts';

type Quick = {
  readonly route: Route;
  readonly before: string;
  readonly parameter: string;
  readonly after: string;
  readonly count: ReturnType<typeof counterOf>;
};

const guidLength = 36;

/**
 * Lets routes answer what they have at hand before the rest of the server sees the request, which costs more than such
 * an answer. Whatever is not plainly for them goes the usual way, and gets the same answer there.
 */
export function answerAtHand({ server }: FastifyInstance, routes: readonly Route[], isStopping: () => boolean): void {
  const quick = routes.flatMap(quickOf);
  const [usual] = server.listeners('request') as RequestListener[];
  if (quick.length === 0 || !usual) return;
  server.removeListener('request', usual);
  server.on('request', (request, response) => {
    if (isStopping() || !quick.some((one) => isAnswered(one, request, response))) usual(request, response);
  });
}

function quickOf(route: Route): Quick[] {
  if (!route.atHand) return [];
  const [, before, parameter, after] = /^([^:]+):(\w+)([^:]*)$/.exec(route.path) ?? [];
  if (before === undefined || parameter === undefined || after === undefined)
    throw new RangeError(`${route.path} has not exactly one parameter`);
  return [{ route, before, parameter, after, count: counterOf(route) }];
}

function isAnswered(quick: Quick, request: IncomingMessage, response: ServerResponse): boolean {
  const { route, before, parameter, after, count } = quick;
  const { method, url = '', headers } = request;
  if (url.length !== before.length + guidLength + after.length || method !== route.method) return false;
  // Somebody traces it: then it is told with all that belongs to it.
  if (!url.startsWith(before) || !url.endsWith(after) || headers.traceparent !== undefined) return false;
  const id = parsePathGuid(url.slice(before.length, before.length + guidLength));
  const began = performance.now();
  const answer = id === undefined ? undefined : route.atHand?.({ ids: { [parameter]: id }, headers });
  if (!answer) return false;
  write(response, answer, headers.origin !== undefined);
  count(answer.status, performance.now() - began);
  return true;
}

function write(response: ServerResponse, { status, headers, bytes }: Answer, isOfPage: boolean): void {
  response.writeHead(status, isOfPage ? { ...headers, 'access-control-allow-origin': '*' } : headers);
  response.end(bytes);
}
