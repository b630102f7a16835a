import { aVirtualHost, connectTo, rabbitMqIsMissing, type VirtualHost } from '@ticketbuddy/testing';
import type { AsyncMessage, Channel, Connection } from 'rabbitmq-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRabbitAdmin } from './rabbitmq-admin.ts';
import { deliveryLimit, errorQueue } from './rabbitmq-topology.ts';
import { type Administered, messageFor, patience, rabbitAdministered } from './test-administered.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

describe.skipIf(rabbitMqIsMissing())('what RabbitMQ has parked', () => {
  let host: VirtualHost;
  let shop: Administered;
  let queue: string;
  let connection: Connection;
  beforeAll(async () => {
    host = await aVirtualHost();
    connection = connectTo(host.url);
  });
  afterAll(() => connection?.close());
  beforeEach(async () => {
    shop = await rabbitAdministered(host);
    queue = shop.queue.name;
  });
  afterEach(() => shop.stop());

  it('a message that ends its process each time is parked by the server, which says why', async () => {
    const [killer, next] = [messageFor(shop.queue), messageFor(shop.queue)];
    await shop.broker.publish([killer, next]);
    for (let death = 0; death <= deliveryLimit; death++) expect((await takeAndDie()).messageId).toBe(killer.id);
    expect((await takeAndDie()).messageId).toBe(next.id);
    await vi.waitFor(async () => expect(await shop.admin.depths([queue])).toMatchObject([{ parked: 1 }]), patience);
    const [parked] = await shop.admin.parked(queue);
    expect(parked).toMatchObject({ id: killer.id, urn: killer.urn, attempts: deliveryLimit + 1 });
    expect(parked?.reason).toMatch(/^delivered more than 100 times and never answered for: it ended its process/);
    expect(parked?.parkedAt?.epochMilliseconds).toBeGreaterThan(Date.now() - 60_000);
  });

  it('what is put back is byte for byte and header for header what first came', async () => {
    const body = Buffer.from('{ "no": "envelope",\n "n": 1.0 }');
    const headers = { 'MT-Activity-Id': '00-trace', 'x-of-the-sender': 'kept' };
    const sent = { contentType: 'application/vnd.masstransit+json', correlationId: 'c', timestamp: 1_700_000_000 };
    const byParking = { 'MT-Reason': 'fault', 'MT-Fault-Message': 'Too late', 'MT-Host-ProcessId': '1', 'x-death': [] };
    const channel = await aConfirmingChannel();
    const envelope = { routingKey: errorQueue(queue), messageId: 'not-a-guid', ...sent };
    await channel.basicPublish({ ...envelope, headers: { ...headers, ...byParking } }, body);
    await channel.close();
    expect(await shop.admin.parked(queue)).toMatchObject([{ id: 'not-a-guid', reason: 'Too late', attempts: 1 }]);
    expect(await shop.admin.retry(queue, ['not-a-guid'])).toEqual(['not-a-guid']);
    const again = await takeAndDie();
    expect(again).toMatchObject({ messageId: 'not-a-guid', durable: true, exchange: '', ...sent });
    expect([again.headers, again.body]).toEqual([headers, body]);
  });

  it('a message of a type that the queue does not take is shown with that as its reason', async () => {
    const unknown = messageFor(shop.queue, { urn: 'urn:message:Some.Other:Thing' });
    await shop.broker.declare([{ name: queue, urns: [...shop.queue.urns, unknown.urn] }]);
    await shop.broker.publish([unknown]);
    await shop.broker.declare([shop.queue]);
    const consumer = shop.broker.consume(queue, async () => undefined);
    const reason = 'the queue takes no message of the type urn:message:Some.Other:Thing';
    await vi.waitFor(async () => expect(await shop.admin.parked(queue)).toMatchObject([{ reason }]), patience);
    expect(await shop.admin.retry(queue, 'all')).toEqual([unknown.id]);
    await vi.waitFor(async () => expect(await shop.admin.parked(queue)).toMatchObject([{ reason }]), patience);
    await consumer.stop();
  });

  it('a message that is parked again at once is put back only once', async () => {
    const consumer = shop.broker.consume(queue, async () => undefined);
    const channel = await aConfirmingChannel();
    for (const id of ['a', 'b'])
      await channel.basicPublish({ routingKey: queue, messageId: id }, Buffer.from('no JSON'));
    await channel.close();
    await vi.waitFor(async () => expect(await shop.admin.parked(queue)).toHaveLength(2), patience);
    expect(await shop.admin.retry(queue, 'all')).toEqual(['a', 'b']);
    await vi.waitFor(async () => expect(await shop.admin.parked(queue)).toHaveLength(2), patience);
    await consumer.stop();
  });

  it('what the legacy parked without an id or a reason is shown too', async () => {
    const channel = await aConfirmingChannel();
    await channel.basicPublish({ routingKey: errorQueue(queue) }, Buffer.from('hello'));
    await channel.close();
    const [parked] = await shop.admin.parked(queue);
    expect(parked).toMatchObject({ id: '2cf24dba-5fb0-830e-86e8-3b2ac5b9e29e', urn: undefined, body: 'hello' });
    expect(parked).toMatchObject({ reason: 'whoever set it aside gave no reason', attempts: 1, parkedAt: undefined });
    expect(await shop.admin.drop(queue, [parked?.id ?? ''])).toHaveLength(1);
  });

  it('a queue that is not there yet is left out', async () => {
    expect(await shop.admin.depths(['nowhere', queue])).toEqual([{ queue, waiting: 0, parked: 0 }]);
    expect([await shop.admin.parked('nowhere'), await shop.admin.retry('nowhere', 'all')]).toEqual([[], []]);
  });

  it('a server that cannot be reached is named, and its password is not', async () => {
    const admin = createRabbitAdmin({ url: 'amqp://me:secret@127.0.0.1:1/shop' });
    const sentence = 'AMQP_URL: RabbitMQ at 127.0.0.1:1 cannot be reached (ECONNREFUSED).';
    await expect(admin.depths([queue])).rejects.toThrow(sentence);
    await admin.close();
  });

  /** The first message in the hands of a process that dies over it. */
  async function takeAndDie(): Promise<AsyncMessage> {
    const channel = await connection.acquire();
    const { promise, resolve } = Promise.withResolvers<AsyncMessage>();
    await channel.basicQos({ prefetchCount: 1 });
    await channel.basicConsume({ queue }, resolve);
    return promise.finally(() => channel.close());
  }

  async function aConfirmingChannel(): Promise<Channel> {
    const channel = await connection.acquire();
    await channel.confirmSelect();
    return channel;
  }
});
