import { EventUpserted, UserUpserted } from '@ticketbuddy/contracts';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { readMembers } from './members.ts';
import { type Delivery, type KnownTypes, type ReadMessage, readEnvelope } from './read-envelope.ts';
import {
  eventUrn,
  failures,
  parked,
  published,
  type Recorded,
  type RecordedFailure,
  seatsUrn,
  typeOf,
  urns,
  userUrn,
} from './test-recordings.ts';

const receivedAt = Temporal.Instant.from('2031-01-01T00:00:00Z');
const id = '98510000-2b52-026c-ebe6-08df49605005';
const eventId = '722c2569-5d40-44c7-8536-7445b3ec5d63';

const seatsSchema = Type.Object({ id: Type.String({ format: 'uuid' }), venue: Type.Integer(), price: Type.String() });
const schemas = { [eventUrn]: EventUpserted, [userUrn]: UserUpserted, [seatsUrn]: seatsSchema };
const knownIn: Readonly<Record<string, readonly string[]>> = { event: [eventUrn, seatsUrn], user: [userUrn] };

type Fate = 'consumed' | 'skipped' | 'error at once' | 'error after retries';

const published_ = 'a published fact is taken as it is: names, dates and e-mails are not judged again';

const deliberate: Readonly<Record<string, { readonly fate: Fate; readonly because: string }>> = {
  'valid, price as a JSON number, venue as a name': {
    fate: 'error after retries',
    because: 'the body is read by the consumer, which refuses it like everything else that it cannot use',
  },
  'rule failure in the consumer: name with !': { fate: 'consumed', because: published_ },
  'the same again, now with a spy on the fault exchanges': { fate: 'consumed', because: published_ },
  'unknown venue 42: the event row is written, the seats fail': {
    fate: 'consumed',
    because: 'it can be read; that there is no venue 42 is known to the tickets only, not to their messages',
  },
  'a second announcement with dates in the past fails': { fate: 'consumed', because: published_ },
  'user with a bad name': { fate: 'consumed', because: published_ },
  'user with a bad e-mail': { fate: 'consumed', because: published_ },
};

describe('what failed in the legacy', () => {
  it.each(failures.map((failure) => [failure.name, failure] as const))(
    '“%s” has the same fate here',
    (name, failure) => {
      expect(ourFate(failure)).toBe(deliberate[name]?.fate ?? legacyFate(failure));
    },
  );

  it('has another fate here only where a reason is stated', () => {
    const others = failures.filter((failure) => ourFate(failure) !== legacyFate(failure)).map(({ name }) => name);
    expect(others).toEqual(Object.keys(deliberate));
  });

  it('is read again from where it was parked', () => {
    const readable = parked.filter(({ body }) => body.includes('"message":'));
    expect(readable).not.toHaveLength(0);
    for (const { body } of readable) expect(read(body).kind).not.toBe('undecodable');
  });
});

describe.each(published.map((recorded) => [typeOf(recorded), recorded] as const))('a recorded %s', (type, recorded) => {
  it('is read whole', () => {
    const envelope = JSON.parse(recorded.body);
    expect(read(recorded.body)).toEqual({
      kind: 'message',
      message: {
        id: recorded.properties.messageId,
        urn: `urn:message:${type}`,
        key: envelope.message.id,
        version: undefined,
        sentAt: Temporal.Instant.from(envelope.sentTime),
        body: envelope.message,
      },
      headers: {},
      conversationId: envelope.conversationId,
    });
  });
});

describe('an envelope', () => {
  it('may name its members in any case, of two counts the last', () => {
    const { messageId, ...rest } = anEnvelope();
    const upper = Object.entries(rest).map(([name, value]) => [name.toUpperCase(), value]);
    const message = messageIn({ messageId: 'x', MessageID: messageId, ...Object.fromEntries(upper) });
    expect(message).toEqual(messageIn(anEnvelope()));
  });

  it('may hold members that nobody knows', () => {
    expect(messageIn(anEnvelope({ somethingNew: { a: [1] } }))).toEqual(messageIn(anEnvelope()));
  });

  it('may lack all but its types and its message', () => {
    const { messageType, message: body } = anEnvelope();
    expect(messageIn({ messageType, message: body }, { messageId: id.toUpperCase() })).toEqual({
      id,
      urn: eventUrn,
      key: eventId,
      version: undefined,
      sentAt: receivedAt,
      body,
    });
  });

  it('may hold null for whatever is optional', () => {
    const nulls = { messageId: null, conversationId: null, sentTime: null, headers: null, host: null };
    expect(messageIn(anEnvelope(nulls), { messageId: id })).toMatchObject({ id, sentAt: receivedAt });
  });

  it('may have its known type in any place and case', () => {
    const messageType = ['urn:message:Other:EventUpserted', eventUrn.toUpperCase()];
    expect(messageIn(anEnvelope({ messageType })).urn).toBe(eventUrn);
  });

  it.each(['application/vnd.masstransit+json', 'application/json; charset=utf-8', 'text/plain', undefined])(
    'is read whatever the content type, here: %s',
    (contentType) => {
      expect(messageIn(anEnvelope(), { contentType })).toEqual(messageIn(anEnvelope()));
    },
  );

  it('of a known type beside none is skipped, and says its types', () => {
    expect(read(anEnvelope({ messageType: ['urn:message:A:B'] }))).toEqual({
      kind: 'unknown-type',
      types: ['urn:message:A:B'],
    });
    expect(read(anEnvelope({ messageType: null }))).toEqual({ kind: 'unknown-type', types: [] });
  });

  it.each([
    ['2031-07-01T19:00:00.1234567+02:00', '2031-07-01T17:00:00.1234567Z'],
    ['2031-07-01T19:00:00.1234567Z', '2031-07-01T19:00:00.1234567Z'],
    ['2031-07-01T19:00:00', '2031-07-01T19:00:00Z'],
    ['2031-07-01T19:00:00-05:30', '2031-07-02T00:30:00Z'],
  ])('sent at %s was sent at %s', (sentTime, sentAt) => {
    expect(messageIn(anEnvelope({ sentTime })).sentAt.toString()).toBe(sentAt);
  });

  it.each([
    ['a message id that is no id', { messageId: 'abc' }, 'The message id is not an id (GUID).'],
    ['a message id that is a number', { messageId: 5 }, 'The message id is not a text.'],
    ['types that are no list', { messageType: eventUrn }, 'The message type is not a list of names.'],
    ['a type that is a number', { messageType: [5] }, 'The message type is not a list of names.'],
    ['headers that are a list', { headers: [] }, 'The headers are not an object.'],
    ['a time that is none', { sentTime: 'soon' }, 'The time of sending is not a date and time (ISO 8601).'],
    ['a time that is a number', { sentTime: 5 }, 'The time of sending is not a date and time (ISO 8601).'],
    ['no message', { message: null }, 'The body is JSON, but holds no message: it is no envelope.'],
  ])('with %s is undecodable', (_what, given, reason) => {
    expect(read(anEnvelope(given))).toMatchObject({ kind: 'undecodable', reason });
  });

  it('without any id gets the same one whenever the same bytes come', () => {
    const ids = ['a', 'a', 'b'].map((name) => messageIn(anEnvelope({ messageId: ' ', message: { name } })).id);
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });
});

describe('our headers', () => {
  it.each([
    [{ 'TicketBuddy-Key': 'k', 'TicketBuddy-Version': 7 }, 'k', 7],
    [{ 'ticketbuddy-key': 'k', 'ticketbuddy-version': '7' }, 'k', 7],
    [{ 'TicketBuddy-Key': 5, 'TicketBuddy-Version': 'new' }, eventId, undefined],
    [{ 'TicketBuddy-Version': 1.5 }, eventId, undefined],
  ])('%j say the key %s and the version %s', (headers, key, version) => {
    expect(messageIn(anEnvelope({ headers }))).toMatchObject({ key, version });
  });

  it('come back with all others', () => {
    const headers = { traceparent: '00-1-2-01', 'TicketBuddy-Key': 'k' };
    expect(read(anEnvelope({ headers }))).toMatchObject({ headers });
  });
});

describe('without our headers the key is', () => {
  it.each([
    ['the id of the body, in lower case', { Other: 'x', ID: eventId.toUpperCase() }, eventId],
    ['what else is an id', { eventId }, eventId],
    ['the message id, when the body names nothing', { venue: 5 }, id],
    ['the message id, when the body is no object', [1], id],
  ])('%s', (_what, message, key) => {
    expect(messageIn(anEnvelope({ message })).key).toBe(key);
  });
});

describe('JSON without an envelope', () => {
  const body = { type: 'REGISTER', userId: 'U-1', details: { email: 'ann@example.com' } };
  const urn = 'urn:message:Keycloak:Registered';
  const raw = (contentType: string | undefined, rawUrn: string | undefined) =>
    read(body, { contentType, messageId: id }, { urns: [], rawUrn });

  it.each(['application/json', undefined])('is a message where such is expected (content type %s)', (contentType) => {
    const message = { id, urn, key: 'u-1', version: undefined, sentAt: receivedAt, body };
    expect(raw(contentType, urn)).toEqual({ kind: 'message', message, headers: {}, conversationId: undefined });
  });

  it('is undecodable where none is expected, or where it calls itself an envelope', () => {
    expect(raw('application/json', undefined).kind).toBe('undecodable');
    expect(raw('application/vnd.masstransit+json', urn).kind).toBe('undecodable');
  });
});

function ourFate({ sent }: RecordedFailure): Fate {
  const answer = read(sent.body, sent.properties, { urns: knownIn[queueOf(sent)] ?? [] });
  if (answer.kind === 'undecodable') return 'error at once';
  if (answer.kind === 'unknown-type') return 'skipped';
  const schema = schemas[answer.message.urn as keyof typeof schemas];
  return Value.Check(schema, readMembers(answer.message.body, schema)) ? 'consumed' : 'error after retries';
}

function legacyFate({ sent, landedIn, messagesSeenOnExchanges: seen }: RecordedFailure): Fate {
  if (landedIn[`${queueOf(sent)}_skipped`]) return 'skipped';
  if (!landedIn[`${queueOf(sent)}_error`]) return 'consumed';
  return seen.some(({ spyBoundTo }) => spyBoundTo === 'MassTransit:ReceiveFault')
    ? 'error at once'
    : 'error after retries';
}

function queueOf({ exchange }: Pick<Recorded, 'exchange'>): string {
  return exchange === 'user' ? 'user' : 'event';
}

function anEnvelope(given: object = {}): Record<string, unknown> {
  const message = { id: eventId, eventName: 'Amqp Night', venue: 5, price: '25.50' };
  return { messageId: id, messageType: [eventUrn], message, sentTime: '2031-07-01T19:00:00Z', ...given };
}

function messageIn(envelope: object, given: Partial<Delivery> = {}) {
  const answer = read(envelope, given);
  if (answer.kind !== 'message') throw new Error(`not read: ${JSON.stringify(answer)}`);
  return answer.message;
}

function read(body: object | string, given: Partial<Delivery> = {}, known: KnownTypes = { urns }): ReadMessage {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return readEnvelope({ body: Buffer.from(text), receivedAt, ...given }, known);
}
