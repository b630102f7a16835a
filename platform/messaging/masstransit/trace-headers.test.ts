import { expect, it } from 'vitest';
import { massTransitCodec } from '../rabbitmq-codec.ts';
import { readTrace, traceHeaders } from './trace-headers.ts';

const sender = { machineName: 'm', processName: 'p', processId: 1, address: 'rabbitmq://localhost/p?temporary=true' };
const ours = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
const theirs = `00-${'3'.repeat(32)}-${'4'.repeat(16)}-00`;
const urn = 'urn:message:Integration.Events.Messaging:EventUpserted';
const message = {
  id: '11111111-1111-4111-8111-111111111111',
  urn,
  key: 'k',
  version: 1,
  sentAt: Temporal.Instant.from('2031-01-01T00:00:00Z'),
  body: { id: 'k' },
};

it('the trace is written for everybody and for MassTransit, in AMQP’s headers and in the envelope’s', () => {
  const { properties, body } = massTransitCodec(sender).encode({ ...message, traceparent: ours });
  expect(properties.headers).toEqual({ traceparent: ours, 'MT-Activity-Id': ours });
  expect(JSON.parse(String(body)).headers).toMatchObject({ traceparent: ours, 'MT-Activity-Id': ours });
});

it('a message without a trace is written without', () => {
  const { properties, body } = massTransitCodec(sender).encode(message);
  expect(properties.headers).toEqual({});
  expect(Object.keys(JSON.parse(String(body)).headers)).toEqual(['TicketBuddy-Key', 'TicketBuddy-Version']);
});

it.each([
  ['both names are read', [{ 'MT-Activity-Id': ours }], ours],
  ['W3C’s comes before MassTransit’s', [{ 'MT-Activity-Id': theirs, traceparent: ours }], ours],
  ['AMQP’s headers come before the envelope’s', [{ 'MT-Activity-Id': ours }, { traceparent: theirs }], ours],
  ['the envelope’s are read when AMQP has none', [undefined, { traceparent: theirs }], theirs],
  [
    'what cannot be read is passed over',
    [{ traceparent: 'nonsense', 'MT-Activity-Id': 7 }, { traceparent: ours }],
    ours,
  ],
  ['a longer version is taken for what we know of it', [{ traceparent: `${ours.replace('00-', '01-')}-more` }], ours],
  ['version 00 may not be longer', [{ traceparent: `${ours}-more` }], undefined],
  ['an id of zeros is none', [{ traceparent: `00-${'0'.repeat(32)}-${'2'.repeat(16)}-01` }], undefined],
  ['capital letters are none', [{ traceparent: ours.replaceAll('1', 'A') }], undefined],
  ['version ff is none', [{ traceparent: ours.replace('00-', 'ff-') }], undefined],
])('of the headers that tell of a trace, %s', (_fact, headers, read) => {
  expect(readTrace(...headers).traceparent).toBe(read);
});

it('a Fault carries the trace of the message that failed', () => {
  const codec = massTransitCodec(sender);
  const failure = { error: new Error('no'), at: message.sentAt, queue: 'q' };
  const read = {
    kind: 'message',
    message: { ...message, traceparent: ours },
    headers: {},
    conversationId: undefined,
  } as const;
  const delivery = { body: Buffer.from('?'), headers: traceHeaders(ours), receivedAt: message.sentAt };
  const unread = { kind: 'undecodable', reason: 'no', error: new Error('no') } as const;
  for (const fault of [codec.fault(delivery, read, failure), codec.fault(delivery, unread, failure)]) {
    expect(fault.properties.headers).toMatchObject({ traceparent: ours, 'MT-Activity-Id': ours });
  }
});
