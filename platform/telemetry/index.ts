export { counter, histogram } from './instruments.ts';
export { type GaugeSource, gauge, metricsContentType, metricsText } from './metrics-text.ts';
export type { Span } from './recorder.ts';
export { startTelemetry } from './start-telemetry.ts';
export {
  asTrace,
  currentTrace,
  currentTraceparent,
  endSpan,
  inSpan,
  inTrace,
  joinTrace,
  markFailed,
  outsideTraces,
  recordTogether,
  startSpan,
  type Trace,
  traceIdOf,
  traceparentOf,
} from './trace.ts';
export { formatTraceparent, parseTraceparent } from './traceparent.ts';
