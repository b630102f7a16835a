import { counter, endSpan, histogram, joinTrace, markFailed, type Trace } from '@ticketbuddy/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Route } from './route.ts';

/** What is known of a request while it is answered. */
export type Observed = {
  /** The route's path, once it is known that the request is for it. */
  route: string;
  trace: Trace | undefined;
  /** It goes on until somebody ends it: no end is too early. */
  isStream?: boolean;
};

const seconds = histogram(
  'http_server_request_duration_seconds',
  'From the first look at a request to the end of its answer.',
  [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
);
const refusals = counter('ticketbuddy_refusals_total', 'Requests that were answered with a no, by its reason.');

// Unknown paths, and what is no part of the shop's own API.
const noRoute = 'other';
// What was not answered to the end.
const clientGone = 499;

/** Counts the request when it is over, however it ends. */
export function observe(request: FastifyRequest, reply: FastifyReply): void {
  const startedAt = performance.now();
  const observed: Observed = { route: noRoute, trace: undefined };
  request.observed = observed;
  reply.raw.once('close', () => {
    const { writableFinished, statusCode } = reply.raw;
    const status = writableFinished || observed.isStream ? statusCode : clientGone;
    durations(request.method, observed.route, status).observe((performance.now() - startedAt) / 1000);
    endServerSpan(observed, status);
  });
}

/** Counts answers of a route that are given at once, in milliseconds. */
export function counterOf({ method, path }: Route): (status: number, ms: number) => void {
  const series = new Map<number, ReturnType<typeof durations>>();
  return (status, ms) => {
    const one = series.get(status) ?? durations(method, path, status);
    series.set(status, one);
    one.observe(ms / 1000);
  };
}

/** From here on the request is one for `route`. */
export function observeRoute(request: FastifyRequest, { path, traced }: Route): void {
  const { observed, method, headers, url } = request;
  if (!observed) return;
  observed.route = path;
  observed.trace = joinTrace({
    name: `${method} ${path}`,
    kind: 'server',
    traceparent: headers.traceparent,
    always: traced === 'always',
    attributes: () => ({
      'http.request.method': method,
      'http.route': path,
      'url.path': url.split('?', 1)[0] ?? url,
      'url.scheme': 'http',
    }),
  });
}

export function observeRefusal({ observed }: FastifyRequest, code: string): void {
  const { route = noRoute, trace } = observed ?? {};
  refusals.add(1, { code, route });
  trace?.span?.setAttribute('ticketbuddy.refusal', code);
}

function endServerSpan({ trace }: Observed, status: number): void {
  if (!trace?.span) return;
  trace.span.setAttribute('http.response.status_code', status);
  if (status >= 500) {
    markFailed(trace.span, String(status));
  }
  endSpan(trace.span);
}

const known = new Map<string, ReturnType<typeof seconds.of>>();
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'CONNECT']);

function durations(method: string, route: string, status: number) {
  const key = `${status} ${method} ${route}`;
  let series = known.get(key);
  if (!series) {
    series = seconds.of({
      http_request_method: methods.has(method) ? method : '_OTHER',
      http_route: route,
      http_response_status_code: String(status),
    });
    known.set(key, series);
  }
  return series;
}

declare module 'fastify' {
  interface FastifyRequest {
    observed?: Observed;
  }
}
