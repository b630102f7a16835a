import { ROOT_CONTEXT, SpanKind as SdkSpanKind, type SpanContext, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Recorder, SpanKind } from './recorder.ts';
import { SpanQueue } from './span-queue.ts';
import type { TraceParent } from './traceparent.ts';

export type RecorderOptions = {
  /** The collector's base address: spans go to `/v1/traces` there. */
  readonly endpoint: string;
  readonly serviceName: string;
};

const exportMsMax = 2_000;

const kinds: Readonly<Record<SpanKind, SdkSpanKind>> = {
  internal: SdkSpanKind.INTERNAL,
  server: SdkSpanKind.SERVER,
  client: SdkSpanKind.CLIENT,
  producer: SdkSpanKind.PRODUCER,
  consumer: SdkSpanKind.CONSUMER,
};

/** Spans by OTLP (HTTP, JSON). `OTEL_EXPORTER_OTLP_HEADERS` and the certificates are the exporter's own settings. */
export function createRecorder({ endpoint, serviceName }: RecorderOptions): Recorder {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const queue = new SpanQueue(new OTLPTraceExporter({ url, timeoutMillis: exportMsMax }));
  const provider = new TracerProvider({
    // Whether to record was decided before anything was made.
    sampler: new AlwaysOnSampler(),
    spanProcessors: [queue],
    resource: resourceFromAttributes({ 'service.name': serviceName, 'process.pid': process.pid }),
  });
  const tracer = provider.getTracer('ticketbuddy');
  return {
    start(name, { kind, parent, links, attributes, startedAt = performance.now() }) {
      const options = {
        kind: kinds[kind],
        startTime: startedAt,
        ...(attributes && { attributes }),
        ...(links && { links: links.map((context) => ({ context })) }),
      };
      const context = parent ? trace.setSpanContext(ROOT_CONTEXT, contextOf(parent)) : ROOT_CONTEXT;
      return tracer.startSpan(name, options, context);
    },
    stop: () => queue.stop(),
  };
}

function contextOf(parent: SpanContext | TraceParent): SpanContext {
  if ('traceFlags' in parent) return parent;
  const { traceId, spanId, sampled } = parent;
  return { traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true };
}
