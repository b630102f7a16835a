import { type Entry, type History, isWrite } from './history.ts';

/** From when to when something was going on, such as a switch; in ms of `performance.now()`. */
export type Span = { readonly from: number; readonly to: number };

export type Added = {
  readonly requests: number;
  /** Latency beyond the median of requests outside all spans; 0 without requests. */
  readonly maxMs: number;
  readonly p99Ms: number;
  /** The same of requests between the first span and the last one and outside all: what is slow without any of them. */
  readonly betweenP99Ms: number;
};

/** How much longer than usual writes and reads took. */
export type Pause = { readonly writes: Added; readonly reads: Added };

/**
 * What the spans cost the clients: how much longer than usual those requests took that were due within one of them. Latency counts
 * from the time at which a request was due, and a request that was given up counts with the time that it waited.
 */
export function pauses({ entries }: History, spans: readonly Span[]): Pause {
  const reads = entries.filter((entry) => !isWrite(entry));
  return { writes: measure(entries.filter(isWrite), spans), reads: measure(reads, spans) };
}

function measure(entries: readonly Entry[], spans: readonly Span[]): Added {
  const isInside = (entry: Entry) => spans.some((span) => isWithin(span, entry));
  const inside = latencies(entries.filter(isInside));
  const outside = entries.filter((entry) => !isInside(entry));
  const all = { from: Math.min(...spans.map(({ from }) => from)), to: Math.max(...spans.map(({ to }) => to)) };
  const between = latencies(outside.filter((entry) => isWithin(all, entry)));
  const usualMs = quantile(latencies(outside), 0.5);
  const addedMs = (of: Float64Array, share: number) => (of.length === 0 ? 0 : quantile(of, share) - usualMs);
  return {
    requests: inside.length,
    maxMs: addedMs(inside, 1),
    p99Ms: addedMs(inside, 0.99),
    betweenP99Ms: addedMs(between, 0.99),
  };
}

function isWithin({ from, to }: Span, { intendedAt }: Entry): boolean {
  return from <= intendedAt && intendedAt <= to;
}

function latencies(entries: readonly Entry[]): Float64Array {
  return Float64Array.from(entries, ({ intendedAt, answeredAt }) => answeredAt - intendedAt).sort();
}

/** The value that this share of the sorted values is not above; 0 of none. */
function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
