import { randomUUID } from 'node:crypto';
import { StartError } from '@ticketbuddy/errors';
import { aVirtualHost, connectTo, openLine, rabbitMqIsMissing } from '@ticketbuddy/testing';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { writeEnvelope } from './masstransit/envelope.ts';
import { eventUrn, seatsUrn, sender, userUrn } from './masstransit/test-recordings.ts';
import type { Message, Queue } from './message.ts';
import { consumersOf, howManyTakeFrom, startLegacyConsumer } from './test-legacy-consumer.ts';
import { startOurs } from './test-our-process.ts';
import { openTap, recordedTopology, topologiesOf } from './test-virtual-hosts.ts';

const event: Queue = { name: 'event', urns: [eventUrn, seatsUrn] };
const alone: Queue = { ...event, legacy: { mode: 'alone' } };
const competing: Queue = { ...event, legacy: { mode: 'competing' } };
const source = { urn: 'urn:message:Doors:Opened', exchange: 'amq.topic', routingKey: 'DOOR.OPENED' };
const raw: Queue = { name: 'doors', urns: [], legacy: { mode: 'alone', raw: source } };
const bound = { timeout: 20_000, interval: 20 };

describe.skipIf(rabbitMqIsMissing())('on the queues of the legacy', { timeout: 60_000 }, () => {
  // The first who asks waits until there is a server.
  beforeAll(async () => void (await aVirtualHost()), 120_000);

  it('we take nothing as long as we are not told to', async () => {
    const { host, url, send } = await aHost();
    const legacy = await aLegacyConsumer(url);
    const ours = await aProcess(url, { name: 'tickets.events', urns: [eventUrn] });
    await send(20);
    await expect.poll(() => legacy.received.length, bound).toBe(20);
    await expect.poll(() => ours.received.length, bound).toBe(20);
    expect(await consumersOf(host)).toEqual({ event: 1, 'tickets.events': 1 });
  });

  it('alone, we wait as long as somebody else takes from it, tell for how many, and take over when they end', async () => {
    const { host, url, send } = await aHost();
    const others = [await aLegacyConsumer(url), await aLegacyConsumer(url)] as const;
    const ours = await aProcess(url, alone);
    await expect.poll(() => ours.told, bound).toEqual(['event: 2 others']);
    await send(20);
    await expect.poll(() => others[0].received.length + others[1].received.length, bound).toBe(20);
    await others[0].stop();
    await expect.poll(() => ours.told.at(-1), bound).toBe('event: 1 others');
    expect(ours.received).toEqual([]);
    await others[1].stop();
    await send(5);
    await expect.poll(() => ours.received.length, bound).toBe(5);
    expect(ours.told.at(-1)).toBe('event: 0 others');
    expect(await consumersOf(host)).toEqual({ event: 1 });
  });

  it('alone, we keep everybody else away', async () => {
    const { url } = await aHost();
    await aProcess(url, alone);
    await expect.poll(() => howManyTakeFrom('event', url), bound).toBe(1);
    await expect(startLegacyConsumer(url, 'event')).rejects.toThrow('in exclusive use');
  });

  it.each([alone, competing])(
    'of two processes of ours the second, $legacy.mode, waits until the first, alone, ends',
    async (second) => {
      const { url, send } = await aHost();
      const first = await aProcess(url, alone);
      await expect.poll(() => howManyTakeFrom('event', url), bound).toBe(1);
      const next = await aProcess(url, second);
      await expect.poll(() => next.told, bound).toEqual(['event: 1 others']);
      await send(5);
      await expect.poll(() => first.received.length, bound).toBe(5);
      await first.stop();
      await send(5);
      await expect.poll(() => next.received.length, bound).toBe(5);
    },
  );

  it('competing, each message goes to one of those who take from it', async () => {
    const { url, send } = await aHost();
    const legacy = await aLegacyConsumer(url);
    const ours = await aProcess(url, competing);
    await expect.poll(() => howManyTakeFrom('event', url), bound).toBe(2);
    const ids = await send(100);
    await expect.poll(() => legacy.received.length + ours.received.length, bound).toBe(100);
    expect(Math.min(legacy.received.length, ours.received.length)).toBeGreaterThan(10);
    const idsOfLegacy = legacy.received.map((body) => JSON.parse(body).messageId);
    expect([...idsOfLegacy, ...ours.received.map(({ id }) => id)].sort()).toEqual(ids.toSorted());
  });

  it('everything is made as the legacy makes it, and what is set aside gets its queue only then', async () => {
    const { host, url, sendOne } = await aHost();
    const user: Queue = { name: 'user', urns: [userUrn], legacy: { mode: 'competing' } };
    const ours = await aProcess(url, alone, user);
    const recorded = recordedTopology().filter((line) => !line.includes('tickets-inbox'));
    const isFirst = (line: string) => !/MassTransit:|_error|_skipped/.test(line);
    expect(await topologiesOf(host)).toEqual([recorded.filter(isFirst)]);
    await sendOne('event', { body: '{' });
    await sendOne('event', { body: JSON.stringify({ messageType: ['urn:message:Other:Thing'], message: {} }) });
    await sendOne('user', { body: '{' });
    await expect.poll(() => ours.parked.length, bound).toBe(3);
    const [now = []] = await topologiesOf(host);
    const isFault = (line: string) => line.includes('MassTransit:');
    expect(now.filter((line) => !isFault(line))).toEqual(recorded.filter((line) => !isFault(line)));
  });

  it('one that sets messages aside in a queue of another form is left in that form', async () => {
    const { url, sendOne } = await aHost();
    const other = connectTo(url);
    onTestFinished(() => other.close());
    await other.exchangeDeclare({ exchange: 'event_error', type: 'fanout', durable: true });
    await other.queueDeclare({ queue: 'event_error', durable: true, arguments: { 'x-max-length': 1_000 } });
    await other.queueBind({ queue: 'event_error', exchange: 'event_error' });
    const ours = await aProcess(url, alone);
    await sendOne('event', { body: '{' });
    await expect.poll(() => ours.parked.length, bound).toBe(1);
  });

  describe('one that is there in another form', () => {
    it('is told at the start, in a sentence', async () => {
      const { url } = await aHost();
      await makeQuorum(url, 'event');
      const starting = aProcess(url, alone);
      await expect(starting).rejects.toThrow(StartError);
      await expect(starting).rejects.toThrow(
        /^LEGACY_QUEUES: RabbitMQ cannot have the queue event as the legacy makes it/,
      );
    });

    it('is told once when RabbitMQ comes back later, and all other queues are served', async () => {
      const { host, url, send } = await aHost();
      await makeQuorum(url, 'event');
      const line = await openLine(url);
      await line.cut();
      const ours = await aProcess(line.url, alone, { name: 'tickets.events', urns: [eventUrn] });
      const again = await openLine(url, portOf(line.url));
      onTestFinished(() => again.cut());
      await expect.poll(() => ours.told, bound).toEqual([expect.stringContaining('unusable')]);
      await expect.poll(() => howManyTakeFrom('tickets.events', url), bound).toBe(1);
      expect(await consumersOf(host)).toEqual({ 'tickets.events': 1 });
      await send(3);
      await expect.poll(() => ours.received.length, bound).toBe(3);
      expect(ours.told).toHaveLength(1);
    });
  });

  describe('JSON without an envelope', () => {
    it('arrives as the type that it counts as, whatever its content type', async () => {
      const { url, publish } = await aHost();
      const ours = await aProcess(url, raw);
      await publish({ door: 1, extra: [] }, { contentType: 'application/json' });
      await publish({ door: 2 }, {});
      await expect
        .poll(() => ours.received, bound)
        .toMatchObject([
          { urn: source.urn, body: { door: 1, extra: [] } },
          { urn: source.urn, body: { door: 2 } },
        ]);
    });

    it('that is none is set aside with the reason', async () => {
      const { url, publish } = await aHost();
      const ours = await aProcess(url, raw);
      await publish('{"door": ', { contentType: 'application/json' });
      await expect.poll(() => ours.parked, bound).toEqual([expect.stringContaining('The body is not JSON')]);
    });

    it('gathers nowhere before we are told to take it', async () => {
      const { host, url } = await aHost();
      await aProcess(url, { name: 'tickets.events', urns: [eventUrn] });
      const [now = []] = await topologiesOf(host);
      expect(now.filter((line) => /doors|amq.topic/.test(line))).toEqual([]);
    });
  });

  /** A virtual host of the test's own, and a way to publish there. */
  async function aHost() {
    const host = await aVirtualHost();
    const { url } = host;
    const tap = openTap(url);
    const topic = connectTo(url);
    onTestFinished(async () => {
      await tap.close();
      await topic.close();
    });
    return {
      host,
      url,
      sendOne: tap.send,
      /** Publishes so many events, as the legacy does. Answers their ids. */
      async send(count: number) {
        const messages = Array.from({ length: count }, anAnnouncement);
        for (const message of messages) {
          const { id: messageId, urn } = message;
          await tap.send(urn.replace('urn:message:', ''), { messageId, body: writeEnvelope(message, sender) });
        }
        return messages.map(({ id }) => id);
      },
      async publish(body: object | string, properties: { readonly contentType?: string }) {
        const publisher = topic.createPublisher({ confirm: true });
        const { exchange, routingKey } = source;
        const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
        await publisher.send({ exchange, routingKey, mandatory: true, ...properties }, bytes);
        await publisher.close();
      },
    };
  }

  async function aLegacyConsumer(url: string) {
    const consumer = await startLegacyConsumer(url, 'event');
    onTestFinished(() => consumer.stop());
    const binding = connectTo(url);
    await binding.exchangeDeclare({ exchange: eventUrn.replace('urn:message:', ''), type: 'fanout', durable: true });
    await binding.exchangeBind({ source: eventUrn.replace('urn:message:', ''), destination: 'event' });
    await binding.close();
    return consumer;
  }

  async function makeQuorum(url: string, queue: string) {
    const other = connectTo(url);
    await other.queueDeclare({ queue, durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await other.close();
  }
});

async function aProcess(url: string, ...queues: readonly Queue[]) {
  const [received, told, parked]: [Message[], string[], string[]] = [[], [], []];
  const broker = await startOurs(url, {
    report: {
      failed: () => undefined,
      parked: (queue, _id, reason) => parked.push(`${queue}: ${reason}`),
      waiting: (queue, others) => told.push(`${queue}: ${others} others`),
      unusable: (queue, reason) => told.push(`${queue} is unusable: ${reason}`),
      disconnected: () => undefined,
    },
  });
  onTestFinished(() => broker.stop());
  await broker.declare(queues);
  for (const { name } of queues) broker.consume(name, async (message) => void received.push(message));
  return { received, told, parked, stop: () => broker.stop() };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function anAnnouncement(): Message {
  const id = randomUUID();
  return { id, urn: eventUrn, key: id, version: 1, sentAt: Temporal.Now.instant(), body: { id } };
}
