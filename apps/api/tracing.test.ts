import { randomUUID } from 'node:crypto';
import { groupCommit } from '@ticketbuddy/postgres';
import { currentTraceparent, endSpan, inTrace, joinTrace, startTelemetry } from '@ticketbuddy/telemetry';
import { aVirtualHost, connectTo, rabbitMqIsMissing, until, type VirtualHost } from '@ticketbuddy/testing';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { aCollector, attributesOf, type CollectedSpan } from './test-collector.ts';
import { anEvent, announce, register, seatsOnceThere } from './test-sale.ts';
import { get, send } from './test-send.ts';
import { startWholeShop } from './test-shop.ts';

const eventUpserted = 'Integration.Events.Messaging:EventUpserted';
const callers = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const recorded = `00-${callers.traceId}-${callers.spanId}-01`;
const unrecorded = `00-${callers.traceId}-${callers.spanId}-00`;

describe('one purchase is one trace, from the request to what it made another context do', () => {
  it('over the embedded broker', () => expectOneTrace(undefined));

  describe.skipIf(rabbitMqIsMissing())('over RabbitMQ', () => {
    let host: VirtualHost;
    beforeAll(async () => {
      host = await aVirtualHost();
    });

    it('to and fro', () => expectOneTrace(host.url));

    it('and goes on from what MassTransit sent, up to the copy of a message that is set aside', async () => {
      const { collector } = await aTracedShop({ amqpUrl: host.url, sampleRatio: 0 });
      const connection = connectTo(host.url);
      onTestFinished(() => connection.unsafeDestroy());
      await connection.createPublisher({ confirm: true }).send(
        {
          exchange: eventUpserted,
          contentType: 'application/vnd.masstransit+json',
          headers: { 'MT-Activity-Id': recorded },
        },
        Buffer.from(JSON.stringify({ messageType: [`urn:message:${eventUpserted}`], message: { id: 'no event' } })),
      );
      const spans = await collector.trace(callers.traceId, 'process tickets.events');
      const attempt = spans.find(({ name }) => name === 'process tickets.events');
      expect(attempt).toMatchObject({ kind: 5, parentSpanId: callers.spanId, status: { code: 2 } });
      const parked = await until('it is parked', () =>
        connection.basicGet({ queue: 'tickets.events_error', noAck: true }),
      );
      expect(parked.headers).toMatchObject({ 'MT-Activity-Id': recorded });
    });
  });
});

async function expectOneTrace(amqpUrl: string | undefined): Promise<void> {
  const { collector, url } = await aTracedShop({ amqpUrl, sampleRatio: 0 });
  const eventId = await announce(url);
  const seats = await seatsOnceThere(url, eventId);
  const answer = await buy(
    url,
    eventId,
    seats.map(({ Id }) => Id),
    { traceparent: recorded },
  );
  expect(answer.status).toBe(204);

  const spans = await collector.trace(callers.traceId, 'apply EventSoldOut');
  const system = amqpUrl === undefined ? 'postgresql' : 'rabbitmq';
  const exchange = 'Integration.Tickets.Messaging.Messages:EventSoldOut';
  expect(pathTo('apply EventSoldOut', spans)).toEqual([
    'POST /events/:eventId/tickets/purchase',
    'purchase seats',
    'outbox',
    `send ${exchange}`,
    'process events.sold-out',
    'apply EventSoldOut',
  ]);
  const named = (name: string) => spans.filter((span) => span.name === name);
  expect(named('transaction').map((span) => pathOf(span, spans).at(-2))).toEqual([
    'purchase seats',
    'process events.sold-out',
  ]);
  const [request] = named('POST /events/:eventId/tickets/purchase');
  expect(request).toMatchObject({ kind: 2, parentSpanId: callers.spanId });
  expect(attributesOf(request as CollectedSpan)).toMatchObject({
    'http.request.method': 'POST',
    'http.route': '/events/:eventId/tickets/purchase',
    'url.path': `/events/${eventId}/tickets/purchase`,
    'http.response.status_code': 204,
  });
  const [sending, processing] = [named(`send ${exchange}`)[0], named('process events.sold-out')[0]];
  expect([sending?.kind, processing?.kind]).toEqual([4, 5]);
  expect(attributesOf(sending as CollectedSpan)).toMatchObject({
    'messaging.system': system,
    'messaging.operation.type': 'send',
    'messaging.destination.name': exchange,
  });
  expect(attributesOf(processing as CollectedSpan)).toMatchObject({
    'messaging.system': system,
    'messaging.operation.type': 'process',
    'messaging.destination.name': 'events.sold-out',
    'messaging.message.id': attributesOf(sending as CollectedSpan)['messaging.message.id'],
  });
  for (const { startTimeUnixNano, endTimeUnixNano } of spans) {
    expect(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano)).toBe(true);
  }
  expect([...collector.paths]).toEqual(['/v1/traces']);
}

describe('whether a trace is recorded', () => {
  it('is the caller’s choice, and each request of a batch keeps the trace of its own caller', async () => {
    const { collector, url } = await aTracedShop({ sampleRatio: 0 });
    const eventId = await announce(url);
    const [first, second, third] = (await seatsOnceThere(url, eventId)).map(({ Id }) => Id);
    const traceIds = [1, 2].map((nth) => `${nth}`.repeat(32));
    await Promise.all([
      reserveIn(url, eventId, first, `00-${traceIds[0]}-${callers.spanId}-01`),
      reserveIn(url, eventId, second, `00-${traceIds[1]}-${callers.spanId}-01`),
      reserveIn(url, eventId, third, unrecorded),
    ]);
    for (const traceId of traceIds) {
      const spans = await collector.trace(traceId, 'POST /events/:eventId/tickets/reserve');
      expect(pathTo('transaction', spans)).toEqual([
        'POST /events/:eventId/tickets/reserve',
        'reserve seats',
        'transaction',
      ]);
    }
    expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set(traceIds));
  });

  it('is always yes for a sale', async () => {
    const { collector, url } = await aTracedShop({ sampleRatio: 0 });
    const eventId = await announce(url);
    const [one, other] = (await seatsOnceThere(url, eventId)).map(({ Id }) => Id);
    await buy(url, eventId, [one ?? ''], { traceparent: unrecorded });
    const [request] = await collector.trace(callers.traceId, 'POST /events/:eventId/tickets/purchase');
    expect(request).toMatchObject({ traceId: callers.traceId });
    await buy(url, eventId, [other ?? ''], {});
    const traces = () => new Set(collector.spans.map(({ traceId }) => traceId));
    await expect.poll(() => traces().size, { timeout: 10_000 }).toBe(2);
  });

  it('is handed on to the consumers of what an unrecorded request made', async () => {
    const { collector, url, database } = await aTracedShop({ sampleRatio: 1 });
    const eventId = await announceIn(url, { traceparent: unrecorded });
    await seatsOnceThere(url, eventId);
    const { rows } = await database.pool.query('select traceparent from events.outbox');
    expect(rows).toEqual([{ traceparent: unrecorded }]);
    await announceIn(url, { traceparent: `00-${'9'.repeat(32)}-${callers.spanId}-01` });
    await collector.trace('9'.repeat(32), 'apply EventUpserted');
    expect(collector.spans.map(({ traceId }) => traceId)).not.toContain(callers.traceId);
  });

  it('does not keep a trace from being handed on when nothing is recorded here', async () => {
    const shop = await aShop({});
    await announceIn(shop.url, { traceparent: recorded });
    await announceIn(shop.url, { traceparent: 'nonsense' });
    const { rows } = await shop.database.pool.query('select traceparent from events.outbox order by position');
    expect(rows).toEqual([{ traceparent: recorded }, { traceparent: null }]);
  });
});

it('requests that are decided together keep each its own trace, and their transactions know of each other', async () => {
  const collector = await aCollector();
  const telemetry = await startTelemetry({ endpoint: collector.url, sampleRatio: 0, serviceName: 'test' });
  onTestFinished(() => telemetry.stop());
  const seen: unknown[] = [];
  const decide = groupCommit(async (commands: readonly string[]) => {
    seen.push(currentTraceparent());
    return commands;
  });
  const traceIds = ['1', '2', '3'].map((digit) => digit.repeat(32));
  const request = async (traceId: string) => {
    const traceparent = `00-${traceId}-${callers.spanId}-01`;
    const trace = joinTrace({ name: 'request', kind: 'server', traceparent });
    await inTrace(trace, () => decide(traceId));
    if (trace?.span) endSpan(trace.span);
  };
  await Promise.all(traceIds.map(request));

  expect(seen).toEqual([undefined]);
  const traces = await Promise.all(traceIds.map((traceId) => collector.trace(traceId, 'request')));
  expect(traces.map((spans) => pathTo('transaction', spans))).toEqual(traceIds.map(() => ['request', 'transaction']));
  const [first, ...others] = traces.flatMap((spans) => spans.filter(({ name }) => name === 'transaction'));
  expect(others.map(({ links }) => links.map(({ spanId }) => spanId))).toEqual([[first?.spanId], [first?.spanId]]);
  expect(attributesOf(first as CollectedSpan)['ticketbuddy.batch.size']).toBe(3);
});

it('an answer names the trace that its request is recorded in', async () => {
  const { collector, url } = await aTracedShop({ sampleRatio: 1 });
  const answer = await get(url, `/events/${randomUUID()}`);
  const [, traceId = '', spanId] = /^00-(\w{32})-(\w{16})-01$/.exec(JSON.parse(answer.body).traceId) ?? [];
  const [request] = await collector.trace(traceId, 'GET /events/:id').then((spans) => spans.filter(isRoot));
  expect(request?.spanId).toBe(spanId);
  expect(request?.status).toEqual({ code: 0 });
  expect(attributesOf(request as CollectedSpan)).toMatchObject({
    'http.response.status_code': 404,
    'ticketbuddy.refusal': 'absent',
  });
  expect(answer.headers).not.toHaveProperty('traceparent');
});

async function aTracedShop({ sampleRatio, amqpUrl }: { sampleRatio: number; amqpUrl?: string | undefined }) {
  const collector = await aCollector();
  const shop = await aShop({ amqpUrl, tracing: { endpoint: collector.url, sampleRatio, serviceName: 'test' } });
  return { ...shop, collector };
}

async function aShop(settings: Parameters<typeof startWholeShop>[0]) {
  const shop = await startWholeShop(settings);
  onTestFinished(() => shop.stop());
  return shop;
}

type Headers = Readonly<Record<string, string>>;

async function announceIn(url: string, headers: Headers): Promise<string> {
  const { body } = await sendJson(url, '/events', anEvent(), headers);
  return JSON.parse(body) as string;
}

async function buy(url: string, eventId: string, ticketIds: readonly string[], headers: Headers) {
  const userId = await register(url);
  return sendJson(url, `/events/${eventId}/tickets/purchase`, { userId, ticketIds }, headers);
}

function reserveIn(url: string, eventId: string, seatId: string | undefined, traceparent: string) {
  const body = { userId: randomUUID(), ticketIds: [seatId] };
  return sendJson(url, `/events/${eventId}/tickets/reserve`, body, { traceparent });
}

function sendJson(url: string, path: string, body: object, headers: Headers) {
  const json = { 'content-type': 'application/json', ...headers };
  return send(url, { method: 'POST', path, headers: json, body: JSON.stringify(body) });
}

/** The names from the first span of the trace to the one so named, each the parent of the next. */
function pathTo(name: string, spans: readonly CollectedSpan[]): readonly string[] {
  const last = spans.find((span) => span.name === name);
  return last ? pathOf(last, spans) : [];
}

function pathOf(span: CollectedSpan, spans: readonly CollectedSpan[]): readonly string[] {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [...(parent ? pathOf(parent, spans) : []), span.name];
}

function isRoot({ parentSpanId = '' }: CollectedSpan): boolean {
  return parentSpanId === '';
}
