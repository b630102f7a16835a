import { randomUUID } from 'node:crypto';
import { endSpan, joinTrace, metricsText, startTelemetry } from '@ticketbuddy/telemetry';
import { until } from '@ticketbuddy/testing';
import { expect, it, onTestFinished } from 'vitest';
import { aCollector } from './test-collector.ts';
import { metricsOf } from './test-metrics.ts';
import { get } from './test-send.ts';
import { startWholeShop } from './test-shop.ts';

const waitingMax = 4_096;
const inOneExport = 128;

it('a collector that is not there costs nothing but a count of the spans that it missed', async () => {
  const url = await aTracedShop('http://127.0.0.1:9');
  await askFor(url, 10);
  await until('the spans are counted as dropped', async () => (await droppedBy(url)) === 20);
});

it('a collector that refuses costs nothing but a count of the spans that it missed', async () => {
  const collector = await aCollector((_request, response) => void response.writeHead(400).end());
  const url = await aTracedShop(collector.url);
  await askFor(url, 10);
  await until('the spans are counted as dropped', async () => (await droppedBy(url)) === 20);
});

it('a collector that never answers keeps no request and no stop waiting', async () => {
  const collector = await aCollector(() => undefined);
  const { url, stop } = await aShop(collector.url);
  await askFor(url, 100);
  await stop();
});

it('what waits for a collector is bounded, and the rest is dropped at once', async () => {
  const collector = await aCollector(() => undefined);
  const telemetry = await startTelemetry({ endpoint: collector.url, sampleRatio: 1, serviceName: 'test' });
  onTestFinished(() => telemetry.stop());
  const before = await droppedSpans();
  const recorded = 10_000;
  for (let nth = 0; nth < recorded; nth++) {
    const trace = joinTrace({ name: 'request', kind: 'server', traceparent: undefined });
    if (trace?.span) endSpan(trace.span);
  }
  expect((await droppedSpans()) - before).toBe(recorded - waitingMax - inOneExport);
});

async function droppedSpans(): Promise<number> {
  const [, dropped] = /^ticketbuddy_spans_dropped_total (\d+)$/m.exec(await metricsText([])) ?? [];
  return Number(dropped);
}

async function aTracedShop(endpoint: string): Promise<string> {
  const { url, stop } = await aShop(endpoint);
  onTestFinished(stop);
  return url;
}

async function aShop(endpoint: string) {
  const shop = await startWholeShop({ tracing: { endpoint, sampleRatio: 1, serviceName: 'test' } });
  const before = await metricsOf(shop.url);
  droppedBefore = before.get('ticketbuddy_spans_dropped_total') ?? 0;
  return shop;
}

let droppedBefore = 0;

async function droppedBy(url: string): Promise<number> {
  const now = (await metricsOf(url)).get('ticketbuddy_spans_dropped_total') ?? 0;
  return now - droppedBefore;
}

async function askFor(url: string, times: number): Promise<void> {
  const statuses = new Set<number>();
  for (let asked = 0; asked < times; asked += 50) {
    const some = Array.from({ length: Math.min(50, times) }, () => get(url, `/events/${randomUUID()}`));
    for (const { status } of await Promise.all(some)) statuses.add(status);
  }
  expect([...statuses]).toEqual([404]);
}
