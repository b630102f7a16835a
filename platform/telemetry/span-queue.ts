import { ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import { spansDropped } from './spans-dropped.ts';

const waitingMax = 4_096;
// What one export writes as JSON in one go keeps the event loop: little enough that no request notices.
const batchMax = 128;
const everyMs = 1_000;
const exportMsMax = 4_000;
const stopMsMax = 2_000;

/**
 * Spans that wait for the collector: few, sent one batch at a time. What the collector does not take in time, or
 * refuses, or finds no room here, is dropped and counted; nobody ever waits for it.
 */
export class SpanQueue implements SpanProcessor {
  readonly #exporter: SpanExporter;
  readonly #waiting: ReadableSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #isFlushing = false;
  #isStopped = false;

  constructor(exporter: SpanExporter) {
    this.#exporter = exporter;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#isStopped || this.#waiting.length >= waitingMax) {
      spansDropped.add(1);
      return;
    }
    this.#waiting.push(span);
    if (this.#waiting.length >= batchMax) this.#send();
    else this.#sendSoon();
  }

  async forceFlush(): Promise<void> {
    this.#isFlushing = true;
    this.#send();
    await this.#sending;
    this.#isFlushing = false;
  }

  /** Sends what waits; what is not sent after two seconds is dropped. */
  async stop(): Promise<void> {
    await within(stopMsMax, this.forceFlush());
    this.#isStopped = true;
    clearTimeout(this.#timer);
    spansDropped.add(this.#waiting.splice(0).length);
    void this.#exporter.shutdown().catch(() => undefined);
  }

  shutdown(): Promise<void> {
    return this.stop();
  }

  #sendSoon(): void {
    this.#timer ??= setTimeout(() => this.#send(), everyMs).unref();
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendBatches().finally(() => {
      this.#sending = undefined;
      if (this.#waiting.length > 0) this.#sendSoon();
    });
  }

  // What is left of a batch waits for more, or for its time.
  async #sendBatches(): Promise<void> {
    do {
      const batch = this.#waiting.splice(0, batchMax);
      const isSent = batch.length === 0 || (await within(exportMsMax, this.#export(batch)));
      if (isSent !== true) spansDropped.add(batch.length);
    } while (this.#waiting.length >= (this.#isFlushing ? 1 : batchMax));
  }

  #export(batch: ReadableSpan[]): Promise<boolean> {
    return new Promise((resolve) => {
      this.#exporter.export(batch, ({ code }) => resolve(code === ExportResultCode.SUCCESS));
    });
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, ms, undefined).unref();
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
