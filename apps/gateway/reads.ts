import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Side } from '@ticketbuddy/cutover';
import type { Aggregate } from '@ticketbuddy/shadow';
import { RecentWrites } from './recent-writes.ts';
import type { Shares } from './shares.ts';

/** What can be read of a unit, as its context knows it. */
export type Endpoint = {
  /** The template of its route: `GET /events/{id}`. */
  readonly endpoint: string;
  /** Whether it is this that is asked for, and of which aggregate; a list has none. */
  readonly match: (method: string, path: string) => { readonly id?: string } | undefined;
  /** All rows that an answer depends on, in the database of each side. */
  readonly aggregates: Readonly<Record<Side, (id?: string) => readonly Aggregate[]>>;
};

export type Route = { readonly unit: string; readonly of: Endpoint; readonly id: string | undefined };

/** Which side answers a read. */
export type Reads = {
  routeOf(unit: string, request: Pick<IncomingMessage, 'method' | 'url'>): Route | undefined;
  /** The owner, or for a share of the reads the other side: always for the same aggregates, and of lists for the same clients. */
  sideOf(route: Route, request: IncomingMessage, owner: Side, isResting: (side: Side) => boolean): Side;
  /**
   * To be called before a client hears of his write: what it concerns is read at the owner for ten seconds. `headers` are those of
   * the answer (name, value, …), which may name what was made; without them it may be anything.
   */
  noteWrite(unit: string, path: string, headers: readonly string[] | undefined): void;
};

export type ReadsOptions = {
  readonly endpoints: Readonly<Record<string, readonly Endpoint[]>>;
  readonly shares: Pick<Shares, 'percentOf'>;
};

// Whoever is further behind than two seconds is not asked, and that is known a few seconds later at most.
const ownWriteMs = 10_000;
const anything = '*';

export function createReads({ endpoints, shares }: ReadsOptions): Reads {
  const writes = new RecentWrites(ownWriteMs);
  const routeOf: Reads['routeOf'] = (unit, { method = 'GET', url = '/' }) => {
    for (const of of endpoints[unit] ?? []) {
      const found = of.match(method, url);
      if (found) return { unit, of, id: found.id };
    }
    return undefined;
  };
  const isJustWritten = ({ unit, id }: Route): boolean => {
    const nowMs = performance.now();
    if (id === undefined) return writes.has(unit, nowMs);
    return writes.has(`${unit} ${id}`, nowMs) || writes.has(`${unit} ${anything}`, nowMs);
  };
  return {
    routeOf,
    sideOf(route, request, owner, isResting) {
      const percent = shares.percentOf(route.unit, route.of.endpoint, owner);
      const other = owner === 'legacy' ? 'next' : 'legacy';
      if (percent === 0 || isResting(other) || isJustWritten(route)) return owner;
      return pointOf(route.id ?? clientOf(request)) < percent ? other : owner;
    },
    noteWrite(unit, path, headers) {
      const nowMs = performance.now();
      const ids = [path, locationIn(headers)].map((url) =>
        url ? routeOf(unit, { method: 'GET', url })?.id : undefined,
      );
      const id = ids.find((named) => named !== undefined) ?? anything;
      writes.note(unit, nowMs);
      writes.note(`${unit} ${id}`, nowMs);
    },
  };
}

/** From 0 to 100, without 100; the same for the same text in every gateway. A greater share keeps whom a smaller one had. */
function pointOf(text: string): number {
  return (createHash('sha1').update(text).digest().readUInt32BE() / 2 ** 32) * 100;
}

function clientOf({ headers, socket }: IncomingMessage): string {
  return `${headers['x-forwarded-for'] ?? socket.remoteAddress} ${headers['user-agent']}`;
}

function locationIn(headers: readonly string[] | undefined): string | undefined {
  const nth = headers?.findIndex((name, at) => at % 2 === 0 && name.toLowerCase() === 'location') ?? -1;
  return nth < 0 ? undefined : URL.parse(headers?.[nth + 1] ?? '', 'http://owner')?.pathname;
}
