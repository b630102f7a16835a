/** What is said of a trace from one process to the next: https://www.w3.org/TR/trace-context/, level 1. */
export type TraceParent = { readonly traceId: string; readonly spanId: string; readonly sampled: boolean };

// A version that nobody knows yet may add something behind; version 00 may not, and version ff is none.
const pattern = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const sampledFlag = 1;

/** `undefined` for what is no traceparent: then there is no caller to go on from. */
export function parseTraceparent(text: unknown): TraceParent | undefined {
  const [, version, traceId, spanId, flags = '', more] = (typeof text === 'string' && pattern.exec(text)) || [];
  if (traceId === undefined || spanId === undefined || (version === '00' && more !== undefined)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & sampledFlag) === sampledFlag };
}

export function formatTraceparent({ traceId, spanId, sampled }: TraceParent): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}
