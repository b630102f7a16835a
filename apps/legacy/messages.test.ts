import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  aVirtualHost,
  connectTo,
  openLine,
  rabbitMqIsMissing,
  redisIsMissing,
  startRedis,
  type TestRedis,
  until,
  type VirtualHost,
} from '@ticketbuddy/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  aServingLegacy,
  countWaiting,
  lockSeat,
  startTestLegacy,
  type TestLegacy,
  untilServing,
} from './test-legacy.ts';
import { aConnection, listenTo, peekAt, tell } from './test-queues.ts';

const recorded = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../testing/captures/amqp/${name}`, import.meta.url), 'utf8'));

const eventType = 'Integration.Events.Messaging:EventUpserted';
const seatsType = 'Domain.Tickets.Messages:EventUpserted';
const userType = 'Integration.Users.Messaging.Messages:UserUpserted';
const massTransit = 'application/vnd.masstransit+json';

const setAside = [
  ['malformed JSON', 0, 'event_error'],
  ['an unknown type', 3, 'event_skipped'],
  ['no envelope', 5, 'event_error'],
  ['a venue by its name', 8, 'event_error'],
  ['a name against the rules', 9, 'event_error'],
  ['a venue that is unknown', 11, 'event_error'],
  ['no members', 13, 'event_error'],
  ['a user against the rules', 16, 'user_error'],
  ['a user in the queue of events', 18, 'event_skipped'],
] as const;

describe.skipIf(rabbitMqIsMissing() || redisIsMissing())('the legacy', () => {
  let [redis, rabbit] = [] as unknown as [TestRedis, VirtualHost];
  let servers: { readonly redisUrl: string; readonly amqpUrl: string };
  beforeAll(async () => {
    [redis, rabbit] = await Promise.all([startRedis(), aVirtualHost()]);
    servers = { redisUrl: redis.url, amqpUrl: rabbit.url };
  });
  afterAll(() => redis.stop());

  it('publishes an event and the order for its seats as recorded, letter by letter but for ids and times', async () => {
    const legacy = await aServingLegacy(servers);
    const connection = aConnection(rabbit.url);
    const heard = await Promise.all([eventType, seatsType].map((exchange) => listenTo(connection, exchange)));
    const { http, messages } = recorded('published.json')[2];
    const id = JSON.parse(
      (await legacy.ask('POST /events', JSON.parse(http.request.body.replace('25.50', '"25.50"')))).text,
    );
    const [event, seats] = await Promise.all(heard.map(({ next }) => next(id)));
    expect(event && comparable(event.text)).toBe(comparable(messages[1].body));
    expect(seats && comparable(seats.text)).toBe(comparable(messages[4].body));
    expect(event).toMatchObject({
      contentType: massTransit,
      durable: true,
      messageId: JSON.parse(event?.text ?? '').messageId,
    });
    expect(conversationOf(event?.text)).toBe(conversationOf(seats?.text));
  });

  it('publishes a user as recorded, unusual letters included', async () => {
    const legacy = await aServingLegacy(servers);
    const users = await listenTo(aConnection(rabbit.url), userType);
    const { request, httpAnswer, messages } = recorded('escaping.json');
    const id = JSON.parse((await legacy.ask('POST /users', JSON.parse(request))).text);
    expect((await legacy.ask(`GET /users/${id}`)).text).toBe(httpAnswer.replace(/[0-9a-f-]{36}/, id));
    expect(comparable((await users.next(id)).text)).toBe(comparable(messages[0].body));
  });

  it('has the recorded exchanges, queues and bindings', async () => {
    await aServingLegacy(servers);
    const connection = aConnection(rabbit.url);
    const { queues, bindings } = recorded('topology-after.json');
    const isOurs = (line: string) => !/_(error|skipped)|Fault|^\t|^source_name|^name/.test(line);
    const wanted: string[] = bindings.filter(isOurs).map((line: string) => columns(line, 5));
    const names = 'source_name source_kind destination_name destination_kind routing_key'.split(' ');
    const listed = await rabbit.ctl('list_bindings', ...names, '--no-table-headers');
    expect(listed.split('\n')).toEqual(expect.arrayContaining(wanted));
    expect(wanted).toHaveLength(9);
    // RabbitMQ refuses to declare again what is there and different.
    for (const exchange of new Set(wanted.map((line) => columns(line, 1)))) {
      await connection.exchangeDeclare({ exchange, type: 'fanout', durable: true });
    }
    for (const line of queues.filter(isOurs)) await connection.queueDeclare({ queue: columns(line, 1), durable: true });
  });

  it('erases a sale that is made while the price changes', async () => {
    const legacy = await aServingLegacy(servers);
    const { id, seats, said } = await anEvent(legacy);
    const [first = '', second = ''] = seats.toSorted();
    const lock = await lockSeat(legacy, first);
    await legacy.ask(`PUT /events/${id}`, { ...said, Price: 30 });
    await until('the seats are being written', async () => (await countWaiting(legacy)) > 0);
    const buyer = randomUUID();
    const buy = { userId: buyer, ticketIds: [second] };
    expect((await legacy.ask(`POST /events/${id}/tickets/purchase`, buy)).status).toBe(204);
    expect((await legacy.ask(`GET /events/${id}/tickets/user/${buyer}`)).text).toContain(second);
    await lock.release();
    await until('the sale is gone', async () => {
      return (await legacy.ask(`GET /events/${id}/tickets/user/${buyer}`)).text === '[]';
    });
  });

  it('keeps a client waiting while RabbitMQ is away, with the row stored, and tells of it later', async () => {
    const line = await openLine(rabbit.url);
    const legacy = await aServingLegacy({ ...servers, amqpUrl: line.url });
    await line.cut();
    const user = { FullName: 'Rabbit Down', Email: 'down@example.com' };
    let isAnswered = false;
    const answer = legacy.ask('POST /users', user).finally(() => {
      isAnswered = true;
    });
    await until('the row is stored', async () => (await legacy.ask('GET /users')).text !== '[]');
    expect((await legacy.ask('POST /users', user)).text).toContain('Email already exists');
    expect(isAnswered).toBe(false);
    const back = await openLine(rabbit.url, Number(new URL(line.url).port));
    onTestFinished(() => back.cut());
    expect((await answer).status).toBe(201);
    await until('tickets has a copy', async () => {
      return (await legacy.pool.query('select 1 from "Ticket"."Users"')).rowCount === 1;
    });
  });

  describe('sets a message aside as recorded:', () => {
    let legacy: Awaited<ReturnType<typeof startTestLegacy>>;
    // All at once: what is tried three times takes its time.
    beforeAll(async () => {
      legacy = await startTestLegacy(servers);
      await untilServing(legacy);
      const connection = connectTo(rabbit.url);
      for (const [, at] of setAside) {
        const { sent } = recorded('failing-messages.json')[at];
        await tell(connection, sent.exchange, sent.body, sent.properties.contentType);
      }
      await connection.close();
    });
    afterAll(() => legacy.stop());

    it.each(setAside)('%s', async (_what, at, queue) => {
      const { sent, landedIn } = recorded('failing-messages.json')[at];
      const wanted = landedIn[queue][0].properties.headers;
      const { headers = {} } = await peekAt(aConnection(rabbit.url), queue, markOf(sent.body));
      expect(Object.keys(headers).sort()).toEqual(Object.keys(wanted).sort());
      for (const name of ['MT-Reason', 'MT-Fault-ConsumerType', 'MT-Fault-MessageType', 'MT-Fault-RetryCount']) {
        expect(headers[name]).toEqual(wanted[name]);
      }
    });
  });

  it('tells of a message that it could not handle as recorded, to everybody who listens to faults', async () => {
    await aServingLegacy(servers);
    const connection = aConnection(rabbit.url);
    const { sent, messagesSeenOnExchanges } = recorded('failing-messages.json')[9];
    const faults = await listenTo(connection, 'MassTransit:Fault');
    await tell(connection, sent.exchange, sent.body, massTransit);
    const fault = await faults.next(JSON.parse(sent.body).messageId);
    const [wanted] = messagesSeenOnExchanges.filter(({ exchange }: { exchange: string }) => /Fault/.test(exchange));
    expect(shape(JSON.parse(fault.text))).toEqual(shape(JSON.parse(wanted.body)));
    expect(JSON.parse(fault.text)).toMatchObject({ messageType: JSON.parse(wanted.body).messageType });
  });

  it('sets everything aside that comes to its inbox queues', async () => {
    const legacy = await aServingLegacy(servers);
    const { id } = await anEvent(legacy);
    const { headers } = await peekAt(aConnection(rabbit.url), 'tickets-inbox-events_skipped', id);
    expect(headers).toMatchObject({ 'MT-Reason': 'dead-letter' });
  });
});

/** An announced event, once it has its seats. */
async function anEvent(legacy: TestLegacy) {
  const said = { EventName: 'Concert', StartDate: '2041-01-01T10:00:00Z', EndDate: '2041-01-01T11:00:00Z', Price: 25 };
  const id: string = JSON.parse((await legacy.ask('POST /events', said)).text);
  const seats = await until('the seats are there', async () => {
    const tickets: { readonly Id: string }[] = JSON.parse((await legacy.ask(`GET /events/${id}/tickets`)).text);
    return tickets.length === 15 && tickets.map(({ Id }) => Id);
  });
  return { id, seats, said };
}

/** With everything replaced that differs from one run to the next. */
function comparable(envelope: string): string {
  return (
    envelope
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '(id)')
      // The virtual host included: the recorded legacy was in the one without a name.
      .replace(/rabbitmq:\/\/[^/"]+(\/test-\d+)?/g, 'rabbitmq://(broker)')
      .replace(/[^/]+_Host_bus_\w+/, '(bus)')
      .replace(/"sentTime": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z"/, '"sentTime": "(now)"')
      .replace(/"(machineName|operatingSystemVersion)": "[^"]*"/g, '"$1": "(host)"')
      .replace(/"processId": \d+/, '"processId": 1')
  );
}

function conversationOf(envelope = ''): string {
  return JSON.parse(envelope).conversationId;
}

/** What tells the sent body from others, also in a message that it led to. */
function markOf(body: string): string {
  const id = /"message":\{"id":"([^"]+)"/.exec(body) ?? /"messageId":"([^"]+)"/.exec(body);
  return id?.[1] ?? body.replace(/^(\{"id").*/, '$1');
}

function columns(line: string, count: number): string {
  return line.split('\t').slice(0, count).join('\t');
}

/** The names and types of all members, in their order. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.entries(value).map(([name, member]) => [name, shape(member)]);
}
