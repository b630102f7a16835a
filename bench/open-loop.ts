import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@ticketbuddy/testing';
import { type Exchange, openConnections, type Shot } from './closed-loop.ts';
import { collectGarbage } from './garbage.ts';
import { WireConnection } from './wire-connection.ts';

export type OpenLoop<T> = {
  readonly urls: readonly string[];
  readonly shots: readonly Shot<T>[];
  /** When each of them is due, in ms from the first moment (`arrivals`). */
  readonly dueMs: Float64Array;
  /** Called with each answer when it is there. Whoever is to ask something more then does so on the same connection. */
  readonly answered?: (exchange: Exchange<T>) => FollowUp | undefined;
};

/** What somebody asks once he has his answer. */
export type FollowUp = { readonly request: string; readonly answered: (status: number, body: string) => void };

const connectionsAtFirst = 64;
// A server that falls behind further than that is overloaded; its requests then wait here, and their wait counts.
const connectionsMax = 1_000;
const tickMs = 1;
// A server is told of connections before it has taken them all; whoever buys has seen its page before.
const acceptedMs = 100;

/**
 * Sends each request at its time, whatever became of those before it, on as many connections as that needs. A latency
 * counts from the moment at which the request was due: what a slow server, or this generator, keeps from being sent
 * waits already (no coordinated omission). All requests are answered when it resolves.
 */
export async function openLoop<T>({ urls, shots, dueMs, answered }: OpenLoop<T>): Promise<Exchange<T>[]> {
  collectGarbage();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const open = await openConnections({ urls, connections: connectionsAtFirst }, reject);
  await sleep(acceptedMs);
  const idle = [...open];
  const exchanges: Exchange<T>[] = [];
  let [next, opening, following] = [0, 0, 0];
  const started = performance.now();

  const fire = (connection: WireConnection): void => {
    const due = started + (dueMs[next] ?? Number.POSITIVE_INFINITY);
    if (due > performance.now()) {
      idle.push(connection);
      return;
    }
    const { request, about } = shots[next++] as Shot<T>;
    connection.send(request, (status, body) => {
      const exchange = { about, status, body, at: due, ms: performance.now() - due };
      exchanges.push(exchange);
      const more = answered?.(exchange);
      if (more) {
        following += 1;
        connection.send(more.request, (...answer) => {
          more.answered(...answer);
          following -= 1;
          goOn(connection);
        });
      } else goOn(connection);
    });
  };
  const goOn = (connection: WireConnection): void => {
    if (exchanges.length === shots.length && following === 0) resolve();
    else fire(connection);
  };
  const openAnother = async () => {
    opening += 1;
    const connection = await WireConnection.open(urls[open.length % urls.length] as string, reject);
    opening -= 1;
    open.push(connection);
    fire(connection);
  };
  const timer = setInterval(() => {
    while (next < shots.length && started + (dueMs[next] as number) <= performance.now()) {
      const connection = idle.pop();
      if (connection) fire(connection);
      else break;
    }
    const isLate = started + (dueMs[next] ?? Number.POSITIVE_INFINITY) <= performance.now();
    if (isLate && open.length + opening < connectionsMax) openAnother().catch(reject);
  }, tickMs);
  await promise.finally(() => {
    clearInterval(timer);
    for (const connection of open) connection.close();
  });
  return exchanges;
}

/** When each of `count` requests is due, in ms: gaps as between people who come independently (a Poisson process). */
export function arrivals(count: number, perSecond: number, seed = count): Float64Array {
  const random = seededRandom(seed);
  let at = 0;
  return Float64Array.from({ length: count }, () => {
    at -= (Math.log(1 - random.below(2 ** 30) / 2 ** 30) * 1000) / perSecond;
    return at;
  });
}

/** The value that a share of the values is not above. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
