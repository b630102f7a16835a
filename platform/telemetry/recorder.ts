import type { Span as ApiSpan, Attributes, SpanContext } from '@opentelemetry/api';
import type { TraceParent } from './traceparent.ts';

export type Span = Pick<ApiSpan, 'spanContext' | 'setAttribute' | 'setStatus' | 'recordException' | 'end'>;

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export type SpanOptions = {
  readonly kind: SpanKind;
  readonly attributes?: Attributes;
  /** As `performance.now()` counts, or the time of day; the present when there is none. */
  readonly startedAt?: number | Date;
};

/** What begins spans; the caller has decided that this one is wanted, and ends it. */
export type Recorder = {
  start(name: string, options: SpanOptions & Ancestry): Span;
  /** Sends what waits, for as long as that may take, and counts the rest as dropped. */
  stop(): Promise<void>;
};

type Ancestry = {
  readonly parent?: SpanContext | TraceParent | undefined;
  readonly links?: readonly SpanContext[];
};
