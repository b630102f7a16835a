import type { UpstreamLimits } from './upstream.ts';

export type Limits = UpstreamLimits & {
  /** Of a request. What is larger gets 413, and its owner does not get it. */
  readonly bodyBytesMax: number;
  /** How long running requests may take when the gateway stops. */
  readonly stopMs: number;
};

export const usualLimits: Limits = {
  inFlightMax: 256,
  queueMax: 1_000,
  queueMs: 1_000,
  failuresMax: 5,
  restMs: 1_000,
  connectMs: 2_000,
  headersMs: 30_000,
  bodyIdleMs: 30_000,
  headerBytesMax: 32_768,
  // What the legacy takes.
  bodyBytesMax: 30_000_000,
  stopMs: 10_000,
};
