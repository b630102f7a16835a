import { randomUUID } from 'node:crypto';
import { eventUpsertedUrn } from '@ticketbuddy/contracts';
import { aVirtualHost, connectTo, rabbitMqIsMissing, type VirtualHost } from '@ticketbuddy/testing';
import type { AsyncMessage } from 'rabbitmq-client';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { announce, purchase, register, seatsOnceThere } from './test-sale.ts';
import { get } from './test-send.ts';
import { startWholeShop } from './test-shop.ts';

const bound = { timeout: 30_000, interval: 50 };
const registration = 'KK.EVENT.CLIENT.ticketbuddy.SUCCESS.ticketbuddy-ui.REGISTER';

describe.skipIf(rabbitMqIsMissing())('beside a running legacy, the shop', { timeout: 120_000 }, () => {
  let host: VirtualHost;
  beforeAll(async () => {
    host = await aVirtualHost();
  }, 120_000);

  it('leaves the legacy every message of its queues, as long as no queue is named', async () => {
    const legacy = await aLegacy({
      event: eventUpsertedUrn,
      user: 'urn:message:Integration.Users.Messaging.Messages:UserUpserted',
    });
    const { url } = await aShop({});
    const eventId = await announce(url);
    await register(url);
    expect(await seatsOnceThere(url, eventId)).toHaveLength(20);
    await expect
      .poll(() => legacy.received.map(({ exchange }) => exchange).sort(), bound)
      .toEqual(['Integration.Events.Messaging:EventUpserted', 'Integration.Users.Messaging.Messages:UserUpserted']);
    const consumed = await host.ctl('list_consumers', '--no-table-headers', 'queue_name');
    expect(consumed.split('\n').filter(Boolean).sort()).toEqual([
      'event',
      'events.sold-out',
      'tickets.events',
      'tickets.users',
      'user',
    ]);
    await legacy.stop();
  });

  it('takes over what it is told to, each message once, when the legacy has left', async () => {
    const legacy = await aLegacy({ event: eventUpsertedUrn });
    const queues = { event: 'alone', user: 'competing', 'event-sold-out': 'alone', registration: 'alone' } as const;
    const { url, database } = await aShop(queues);
    const ours = await announce(url);
    const seats = await seatsOnceThere(url, ours);
    await expect.poll(() => legacy.received.length, bound).toBe(1);
    await legacy.stop();

    const [theirs, annId] = [randomUUID(), randomUUID()];
    await legacy.publish('event', '', JSON.stringify(announcementOf(theirs)));
    await seatsOnceThere(url, theirs);
    await legacy.publish('amq.topic', registration, JSON.stringify(aRegistration(annId)));
    await expect.poll(async () => (await get(url, `/users/${annId}`)).status, bound).toBe(200);

    expect((await get(url, '/metrics')).body).toContain('ticketbuddy_messages_parked{queue="event"} 0');

    const everySeat = seats.map(({ Id }) => Id);
    expect(await purchase(url, ours, annId, everySeat)).toMatchObject({ status: 204 });
    const rowsOf = async (query: string) => (await database.pool.query(query)).rows;
    await expect.poll(() => rowsOf('select event_id from events.sold_out'), bound).toEqual([{ event_id: ours }]);
    await expect.poll(() => rowsOf('select id from tickets.buyers'), bound).toEqual([{ id: annId }]);
    const kinds = await rowsOf(`select kind from tickets.ledger where event_id = '${ours}' order by version, nth`);
    expect(kinds).toEqual([{ kind: 'created' }, { kind: 'sold' }]);
  });

  async function aShop(legacyQueues: Readonly<Record<string, 'alone' | 'competing'>>) {
    const shop = await startWholeShop({ amqpUrl: host.url, legacyQueues });
    onTestFinished(() => shop.stop());
    return shop;
  }

  /** Takes from its queues as the legacy does. */
  async function aLegacy(urns: Readonly<Record<string, string>>) {
    const connection = connectTo(host.url);
    onTestFinished(() => connection.unsafeDestroy());
    const received: AsyncMessage[] = [];
    const channel = await connection.acquire();
    for (const [queue, urn] of Object.entries(urns)) {
      const type = urn.replace('urn:message:', '');
      for (const exchange of [queue, type]) await channel.exchangeDeclare({ exchange, type: 'fanout', durable: true });
      await channel.queueDeclare({ queue, durable: true });
      await channel.queueBind({ queue, exchange: queue });
      await channel.exchangeBind({ source: type, destination: queue });
      await channel.basicConsume({ queue }, (message) => {
        received.push(message);
        channel.basicAck({ deliveryTag: message.deliveryTag });
      });
    }
    const publisher = connection.createPublisher({ confirm: true });
    return {
      received,
      stop: () => channel.close(),
      publish: (exchange: string, routingKey: string, body: string) =>
        publisher.send({ exchange, routingKey, mandatory: true, durable: true }, Buffer.from(body)),
    };
  }
});

function announcementOf(id: string) {
  return {
    messageId: randomUUID(),
    messageType: [eventUpsertedUrn],
    sentTime: new Date().toISOString(),
    message: {
      id,
      eventName: 'Night',
      startDate: '2031-07-01T19:00:00+00:00',
      endDate: '2031-07-01T22:00:00+00:00',
      venue: 9,
      price: '25.50',
    },
  };
}

function aRegistration(userId: string) {
  return { type: 'REGISTER', userId, details: { first_name: 'Ann', last_name: 'One', email: 'ann@example.com' } };
}
