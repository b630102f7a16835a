import { collectGarbage } from './garbage.ts';
import { WireConnection } from './wire-connection.ts';

/** A request, and what the caller wants to know of it when its answer is there. */
export type Shot<T> = { readonly request: string; readonly about: T };

export type Exchange<T> = {
  readonly about: T;
  readonly status: number;
  readonly body: string;
  /** When it was sent, or should have been (`performance.now()`), and how long after that it was answered. */
  readonly at: number;
  readonly ms: number;
};

export type ClosedLoop<T> = {
  /** Connections are shared out among them in turn. */
  readonly urls: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  /** The next request; without one a connection has done its part. */
  readonly next: () => Shot<T> | undefined;
  /** Called with each answer when it is there, before the next request is asked for. */
  readonly answered?: (exchange: Exchange<T>) => void;
  /** Bodies come out empty: for large ones of which nobody wants to know what they are. */
  readonly dropBodies?: boolean;
};

export type Exchanged<T> = { readonly exchanges: readonly Exchange<T>[]; readonly seconds: number };

/**
 * As many requests as are answered, one after the other on each connection, until the time is over or there is no next
 * one. All are answered when it resolves: nothing is left of which nobody knows what became of it. Measures throughput,
 * not how long a request waits.
 */
export async function closedLoop<T>({
  urls,
  connections,
  seconds,
  next,
  answered,
  dropBodies,
}: ClosedLoop<T>): Promise<Exchanged<T>> {
  collectGarbage();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const open = await openConnections({ urls, connections, dropBodies }, reject);
  const exchanges: Exchange<T>[] = [];
  let running = connections;
  const started = performance.now();
  const end = started + seconds * 1000;
  const fire = (connection: WireConnection): void => {
    const now = performance.now();
    const shot = now < end ? next() : undefined;
    if (!shot) {
      running -= 1;
      if (running === 0) resolve();
      return;
    }
    connection.send(shot.request, (status, body) => {
      const exchange = { about: shot.about, status, body, at: now, ms: performance.now() - now };
      exchanges.push(exchange);
      answered?.(exchange);
      fire(connection);
    });
  };
  for (const connection of open) fire(connection);
  await promise.finally(() => {
    for (const connection of open) connection.close();
  });
  return { exchanges, seconds: (performance.now() - started) / 1000 };
}

/** How many were answered in a second. */
export function rateOf({ exchanges, seconds }: Exchanged<unknown>): number {
  return exchanges.length / seconds;
}

export function openConnections(
  {
    urls,
    connections,
    dropBodies = false,
  }: Pick<ClosedLoop<unknown>, 'urls' | 'connections'> & { dropBodies?: boolean | undefined },
  failed: (error: Error) => void,
): Promise<WireConnection[]> {
  const open = (nth: number) => WireConnection.open(urls[nth % urls.length] as string, failed, dropBodies);
  return Promise.all(Array.from({ length: connections }, (_, nth) => open(nth)));
}
