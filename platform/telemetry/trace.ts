import { AsyncLocalStorage } from 'node:async_hooks';
import type { Attributes } from '@opentelemetry/api';
import { Refusal } from '@ticketbuddy/errors';
import type { Recorder, Span, SpanKind, SpanOptions } from './recorder.ts';
import { formatTraceparent, parseTraceparent, type TraceParent } from './traceparent.ts';

/** The trace that a piece of work belongs to. */
export type Trace = {
  /** What others are told of it. */
  readonly traceparent: string;
  /** Unset: the trace is only handed on, and nobody records it here. */
  readonly span: Span | undefined;
};

export type Joining = {
  readonly name: string;
  readonly kind: SpanKind;
  /** What the caller sent, whatever that is. */
  readonly traceparent: unknown;
  /** Recorded also when the caller's trace is not. */
  readonly always?: boolean;
  /** Asked for only when the trace is recorded. */
  readonly attributes?: () => Attributes;
};

const errorStatus = 2;
const internal: SpanOptions = { kind: 'internal' };
const current = new AsyncLocalStorage<Trace | undefined>();

// Of the process, as its collector is: what loops in the background has no request to find it by.
let recording: { readonly recorder: Recorder; readonly sampleRatio: number } | undefined;

/** From now on spans go to `recorder`; answers what ends that. */
export function recordTo(recorder: Recorder, sampleRatio: number): () => void {
  const mine = { recorder, sampleRatio };
  recording = mine;
  return () => {
    if (recording === mine) recording = undefined;
  };
}

/**
 * The trace of work that came from outside, with a span that the caller ends. The caller's choice whether to record is
 * kept; without a caller it is one of `sampleRatio`. With tracing off a trace is handed on if there is one.
 */
export function joinTrace({ name, kind, traceparent, always = false, attributes }: Joining): Trace | undefined {
  const parent = parseTraceparent(traceparent);
  if (!recording) return parent && unrecorded(parent);
  const { recorder, sampleRatio } = recording;
  if (!always && !(parent ? parent.sampled : Math.random() < sampleRatio)) {
    return unrecorded(parent);
  }
  return recorded(recorder.start(name, { kind, parent, ...(attributes && { attributes: attributes() }) }));
}

/** Runs `work` as part of `trace`. */
export function inTrace<R>(trace: Trace | undefined, work: () => R): R {
  return trace ? current.run(trace, work) : work();
}

/** Runs `work` as all that there is to `trace`: its span, if it has one, ends with it. */
export function asTrace<R>(trace: Trace | undefined, work: () => Promise<R>): Promise<R> {
  if (!trace?.span) return inTrace(trace, work);
  return ending(
    trace.span,
    current.run(trace, () => invoke(work)),
  );
}

/** Runs `work`, which serves many requests, as part of none of them. */
export function outsideTraces<R>(work: () => R): R {
  return current.getStore() ? current.run(undefined, work) : work();
}

export function currentTrace(): Trace | undefined {
  return current.getStore();
}

export function currentTraceparent(): string | undefined {
  return current.getStore()?.traceparent;
}

/** Runs `work` in a span of its own; just runs it when the current trace is not recorded. */
export function inSpan<R>(name: string, work: () => Promise<R>, options: SpanOptions = internal): Promise<R> {
  const parent = current.getStore()?.span;
  if (!parent || !recording) return work();
  return asTrace(recorded(recording.recorder.start(name, { ...options, parent: parent.spanContext() })), work);
}

/** A span that goes on from what a message or a request carried, if that is recorded; the caller ends it. */
export function startSpan(name: string, traceparent: string | undefined, options: SpanOptions): Span | undefined {
  if (!recording || traceparent === undefined) return undefined;
  const parent = parseTraceparent(traceparent);
  return parent?.sampled ? recording.recorder.start(name, { ...options, parent }) : undefined;
}

/**
 * Tells each of the traces of one piece of work that was done for all of them, after it was done: a span each, which
 * began at `startedAt` (as `performance.now()` counts). All but the first link to the first.
 */
export function recordTogether(
  name: string,
  traces: readonly (Trace | undefined)[],
  options: SpanOptions & { readonly startedAt: number; readonly error?: unknown },
): void {
  let first: Span | undefined;
  for (const trace of traces) {
    if (!trace?.span || !recording) continue;
    const linked = first && { links: [first.spanContext()] };
    const span = recording.recorder.start(name, { ...options, parent: trace.span.spanContext(), ...linked });
    first ??= span;
    endSpan(span, options.error);
  }
}

/** Ends it, with what went wrong. A refusal is an answer: nothing went wrong. */
export function endSpan(span: Span, error?: unknown): void {
  if (error instanceof Refusal) span.setAttribute('ticketbuddy.refusal', error.code);
  else if (error !== undefined) noteError(span, error);
  span.end(performance.now());
}

/** `00-<32 digits>-<16 digits>-<2 digits>` of a span. */
export function traceparentOf(span: Span): string {
  const { traceId, spanId } = span.spanContext();
  return formatTraceparent({ traceId, spanId, sampled: true });
}

/** Marks it as failed by an error of that kind; it does not end by that. */
export function markFailed(span: Span, errorType: string): void {
  span.setAttribute('error.type', errorType);
  span.setStatus({ code: errorStatus });
}

/** The id of the whole trace, as it is searched for: 32 digits. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return parseTraceparent(traceparent)?.traceId;
}

function noteError(span: Span, error: unknown): void {
  const { name = 'Error', code } = error as { name?: string; code?: unknown };
  markFailed(span, typeof code === 'string' ? code : name);
  span.recordException(error instanceof Error ? error : String(error));
}

async function ending<R>(span: Span, work: Promise<R>): Promise<R> {
  try {
    const result = await work;
    endSpan(span);
    return result;
  } catch (error) {
    endSpan(span, error);
    throw error;
  }
}

async function invoke<R>(work: () => Promise<R>): Promise<R> {
  return work();
}

function recorded(span: Span): Trace {
  return {
    span,
    get traceparent() {
      return traceparentOf(span);
    },
  };
}

// Its ids are only made when somebody is told of them, which for most requests is nobody.
function unrecorded(parent: TraceParent | undefined): Trace {
  let traceparent: string | undefined;
  return {
    span: undefined,
    get traceparent() {
      traceparent ??= formatTraceparent(parent ?? { traceId: randomId(16), spanId: randomId(8), sampled: false });
      return traceparent;
    },
  };
}

// Quickly made: nothing is ever kept under it.
function randomId(bytes: number): string {
  let digits = '';
  while (digits.length < 2 * bytes)
    digits += Math.trunc(Math.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return digits;
}
