import { aVirtualHost, rabbitMqIsMissing, type VirtualHost } from '@ticketbuddy/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Administered,
  embeddedAdministered,
  listen,
  messageFor,
  park,
  patience,
  rabbitAdministered,
} from './test-administered.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

describe('the embedded broker', () => describeAdmin(embeddedAdministered));

describe.skipIf(rabbitMqIsMissing())('with RabbitMQ', () => {
  let host: VirtualHost;
  beforeAll(async () => {
    host = await aVirtualHost();
  });

  describeAdmin(() => rabbitAdministered(host));
});

function describeAdmin(start: () => Promise<Administered>): void {
  let shop: Administered;
  beforeEach(async () => {
    shop = await start();
  });
  afterEach(() => shop.stop());

  describeLooking(() => shop);
  describePuttingBack(() => shop);
  describeDropping(() => shop);
}

function describeLooking(theShop: () => Administered): void {
  it('a parked message is shown with its reason, its attempts, its time and its body, and stays parked', async () => {
    const shop = theShop();
    const { admin } = shop;
    const queue = shop.queue.name;
    const before = Temporal.Now.instant();
    const [message] = await park(shop, 1);
    expect(message).toMatchObject({
      queue,
      urn: shop.queue.urns[0],
      reason: 'The venue is unknown',
      attempts: 3,
      body: expect.stringMatching(/"title": ?"So What"/),
    });
    expect(Temporal.Instant.compare(message?.parkedAt ?? '1970-01-01T00Z', before)).toBe(1);
    expect((await admin.parked(queue)).map(({ id }) => id)).toEqual([message?.id]);
  });

  it('a message that nobody parked is neither put back nor dropped', async () => {
    const shop = theShop();
    const { admin, broker } = shop;
    const queue = shop.queue.name;
    await park(shop, 1);
    const unknown = messageFor(shop.queue);
    await broker.publish([unknown]);
    expect(await admin.retry(queue, [unknown.id, 'no id at all'])).toEqual([]);
    expect(await admin.drop(queue, [unknown.id])).toEqual([]);
    expect(await admin.depths([queue])).toEqual([{ queue, waiting: 1, parked: 1 }]);
  });

  it('a consumer goes on while somebody looks at what is parked', async () => {
    const shop = theShop();
    const { admin, broker } = shop;
    const queue = shop.queue.name;
    await park(shop, 3);
    const consumer = listen(shop);
    const published = Array.from({ length: 20 }, (_, nth) => messageFor(shop.queue, { key: `key ${nth}` }));
    await Promise.all([admin.parked(queue), broker.publish(published), admin.parked(queue)]);
    await vi.waitFor(() => expect(consumer.handled).toHaveLength(20), patience);
    await consumer.stop();
    expect((await admin.depths([queue]))[0]).toMatchObject({ parked: 3 });
  });
}

function describePuttingBack(theShop: () => Administered): void {
  it('a message that is put back reaches the running consumer as it first came', async () => {
    const shop = theShop();
    const { admin } = shop;
    const queue = shop.queue.name;
    const [parked] = await park(shop, 1);
    const consumer = listen(shop);
    expect(await admin.retry(queue, [parked?.id ?? ''])).toEqual([parked?.id]);
    await vi.waitFor(() => expect(consumer.handled).toHaveLength(1), patience);
    const { id, body, key, version, urn } = messageFor(shop.queue, { id: parked?.id ?? '', key: 'key 0' });
    expect(consumer.handled[0]).toMatchObject({ id, body, key, version, urn });
    await consumer.stop();
    expect(await admin.depths([queue])).toEqual([{ queue, waiting: 0, parked: 0 }]);
  });

  it('all are put back in the order in which they were parked, however many they are', async () => {
    const shop = theShop();
    const { admin } = shop;
    const queue = shop.queue.name;
    const parked = (await park(shop, 40)).map(({ id }) => id);
    expect((await admin.parked(queue)).map(({ id }) => id)).toEqual(parked);
    expect(await admin.retry(queue, 'all')).toEqual(parked);
    const consumer = listen(shop);
    await vi.waitFor(() => expect(consumer.handled).toHaveLength(40), patience);
    expect(consumer.handled.map(({ id }) => id)).toEqual(parked);
    await consumer.stop();
  });

  it('those that are not chosen stay parked, in their order', async () => {
    const shop = theShop();
    const { admin } = shop;
    const queue = shop.queue.name;
    const parked = (await park(shop, 5)).map(({ id }) => id);
    const chosen = [parked[3] ?? '', parked[1] ?? ''];
    expect(await admin.retry(queue, chosen)).toEqual([parked[1], parked[3]]);
    expect((await admin.parked(queue)).map(({ id }) => id)).toEqual([parked[0], parked[2], parked[4]]);
  });

  it('a message that fails once more is put back once and parked once more', async () => {
    const shop = theShop();
    const { admin } = shop;
    const queue = shop.queue.name;
    const [message] = await park(shop, 1);
    const consumer = listen(shop, () => Promise.reject(new Error('The venue is still unknown')));
    expect(await admin.retry(queue, 'all')).toEqual([message?.id]);
    const again = { id: message?.id, reason: 'The venue is still unknown', attempts: 3 };
    await vi.waitFor(async () => expect(await admin.parked(queue)).toMatchObject([again]), patience);
    await consumer.stop();
  });

  it('a message that cannot be put back stays parked', async () => {
    const shop = theShop();
    const { admin, closeQueue } = shop;
    const queue = shop.queue.name;
    const [message] = await park(shop, 1);
    await closeQueue();
    await expect(admin.retry(queue, 'all')).rejects.toThrow(/closed|No queue received/);
    expect(await admin.parked(queue)).toMatchObject([{ id: message?.id, reason: 'The venue is unknown' }]);
  });
}

function describeDropping(theShop: () => Administered): void {
  it('a message that is dropped is gone', async () => {
    const shop = theShop();
    const { admin } = shop;
    const queue = shop.queue.name;
    const [gone, kept] = await park(shop, 2);
    expect(await admin.drop(queue, [gone?.id ?? ''])).toEqual([gone?.id]);
    expect((await admin.parked(queue)).map(({ id }) => id)).toEqual([kept?.id]);
    expect(await admin.depths([queue])).toEqual([{ queue, waiting: 0, parked: 1 }]);
  });

  it('all are dropped at once', async () => {
    const shop = theShop();
    const { admin } = shop;
    const queue = shop.queue.name;
    await park(shop, 3);
    expect(await admin.drop(queue, 'all')).toHaveLength(3);
    expect(await admin.depths([queue])).toEqual([{ queue, waiting: 0, parked: 0 }]);
  });
}
