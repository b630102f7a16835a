import type { Route } from '@ticketbuddy/http';
import fc, { type Arbitrary } from 'fast-check';
import type { Outgoing } from './test-send.ts';

/** The ids that a fuzz may meet in the shop; `v2` is by the names of parameters. */
export type Known = {
  readonly eventId: string;
  readonly userId: string;
  readonly seatIds: readonly string[];
  readonly v2: Readonly<Record<'eventId' | 'holdId' | 'orderId', string>>;
};

/** The route's own path, mostly for what exists. */
export function ownPath(route: Route, known: Known): Arbitrary<string> {
  const segments = knownPath(route, known)
    .split('/')
    .map((segment, nth) => {
      const isId = route.path.split('/')[nth]?.startsWith(':');
      const there = { weight: 5, arbitrary: fc.constant(segment) };
      return isId ? fc.oneof(there, { weight: 1, arbitrary: fc.uuid() }) : there.arbitrary;
    });
  return fc.tuple(...segments).map((filled) => filled.join('/'));
}

/** The route's path for what exists. */
export function knownPath({ path }: Route, { eventId, userId, v2 }: Known): string {
  const [, first] = path.split('/');
  const ids: Readonly<Record<string, string>> =
    first === 'v2' ? v2 : { eventId, userId, id: first === 'users' ? userId : eventId };
  return path.replaceAll(/:(\w+)/g, (_, name) => ids[name] ?? name);
}

/** What is nearly the route's path: ids that are none, odd spellings, and what only begins like it. */
export function oddPath(route: Route, known: Known): Arbitrary<string> {
  const own = ownPath(route, known);
  return fc.oneof(
    { weight: 3, arbitrary: noId.map((id) => withIds(route, id)) },
    own.map((path) => path.toUpperCase()),
    own.map((path) => `/${path}//`),
    own.map((path) => `${path}/offers/`),
    fc.tuple(own, fc.webQueryParameters()).map(([path, query]) => `${path}/?${query}`),
    fc.webPath().map((path) => `/venues${path}`),
  );
}

function withIds({ path }: Route, id: string): string {
  return path.includes(':') ? path.replaceAll(/:\w+/g, id) : `${path}/${id}`;
}

const guid = '5f2d6a1e-9a3c-4a57-8a11-0c5b7d3f2e10';
const noIds = ['1', '-1', 'null', '*', ':id', '{}', '..', '.', '%00', '%', '%zz', '%ff', '%ED%A0%80', '%2F', '%7B%7D'];
const nearlyIds = [guid.slice(1), `${guid}0`, `{${guid}`, `(${guid})`, guid.replace('-', ''), 'x'.repeat(5_000)];

const noId = fc.oneof(
  fc.constantFrom(...noIds, ...nearlyIds),
  fc.webSegment().filter((segment) => segment !== ''),
);

/** Content types that are not JSON in UTF-8, or hardly so. */
export const oddTypes: Arbitrary<string> = fc.oneof(
  fc.constantFrom('', '*/*', ';', ',', 'text/plain', 'application/xml', 'application/jsonp', 'x'.repeat(9_000)),
  fc.constantFrom('multipart/form-data; boundary=x', 'application/json; charset=utf-16', 'application/json; charset='),
  fc.string({ unit: fc.constantFrom(...'aj/+;=" ,*') }),
);

const boundMs = 1_000;
const enoughRuns = 20;

/**
 * Sends up to `numRuns` requests in about a second, but twenty in any time. Throws the first one that `check` throws
 * at, in few lines.
 */
export async function fuzz(
  requests: Arbitrary<Outgoing>,
  check: (request: Outgoing) => Promise<void>,
  numRuns = 80,
): Promise<void> {
  const end = performance.now() + boundMs;
  let [runs, failed] = [0, false];
  const property = fc.asyncProperty(requests, async (request) => {
    runs += 1;
    if (performance.now() > end && runs > enoughRuns && !failed) return;
    await check(request).catch((error) => {
      failed = true;
      throw error;
    });
  });
  const { counterexample, errorInstance, seed, counterexamplePath } = await fc.check(property, { numRuns });
  if (counterexample === null) return;
  const again = `{ seed: ${seed}, path: '${counterexamplePath}' }`;
  throw new Error(`${shown(counterexample[0])}\n${again}\n${errorInstance}`, { cause: errorInstance });
}

function shown({ method, path, headers, body }: Outgoing): string {
  return `${method} ${path} ${JSON.stringify(headers)}\n${body?.toString().slice(0, 1_000)}`;
}
