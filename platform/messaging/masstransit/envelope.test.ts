import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import type { Message } from '../message.ts';
import { exchangeOf, propertiesOf, writeEnvelope } from './envelope.ts';
import { readEnvelope } from './read-envelope.ts';
import { escaping, eventUrn, headerTypes, published, type Recorded, sender, typeOf, urns } from './test-recordings.ts';
import { shapeOf, withoutOurHeaders } from './test-shape.ts';

describe.each(published.map((recorded) => [typeOf(recorded), recorded] as const))(
  'a recorded %s',
  (_type, recorded) => {
    const message = messageOf(recorded);

    it('has the shape of the same message of ours', () => {
      expect(shapeOf(withoutOurHeaders(writeEnvelope(message, sender)))).toBe(shapeOf(recorded.body));
    });

    it('carries the same text for the same body, byte for byte', () => {
      expect(bodyText(writeEnvelope(message, sender))).toBe(bodyText(recorded.body));
    });

    it('was sent to the same place with the same properties', () => {
      const ours = propertiesOf(message.id);
      expect(recorded.properties).toEqual({ ...ours, headers: recorded.properties.headers });
      expect(headerTypes(recorded.properties.headers)).toEqual(headerTypes(ours.headers));
      const { sentTime, destinationAddress } = JSON.parse(writeEnvelope(message, sender));
      expect({ sentTime, destinationAddress }).toEqual(pick(recorded, ['sentTime', 'destinationAddress']));
      expect(destinationAddress).toBe(`rabbitmq://localhost/${exchangeOf(message.urn)}`);
    });
  },
);

it('the recorded unusual characters are escaped byte for byte as the legacy did', () => {
  const [recorded] = escaping;
  assert(recorded);
  const written = bodyText(writeEnvelope(messageOf(recorded), sender));
  expect(written).toContain('\\u00A0B\\tC');
  expect(Buffer.from(recorded.bodyBase64, 'base64').includes(Buffer.from(written))).toBe(true);
});

describe('our headers', () => {
  it('carry the key as text and the version as a number', () => {
    expect(JSON.parse(writeEnvelope(aMessage({ key: 'k', version: 7 }), sender)).headers).toEqual({
      'TicketBuddy-Key': 'k',
      'TicketBuddy-Version': 7,
    });
  });

  it('leave out a version that is unknown', () => {
    expect(JSON.parse(writeEnvelope(aMessage({ version: undefined }), sender)).headers).not.toHaveProperty([
      'TicketBuddy-Version',
    ]);
  });

  it('stand beside those of a trace, which AMQP carries as well', () => {
    const trace = { 'MT-Activity-Id': '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
    expect(JSON.parse(writeEnvelope(aMessage(), sender, trace)).headers).toMatchObject(trace);
    expect(propertiesOf('id', trace).headers).toEqual(trace);
  });
});

it.each([
  ['2031-07-01T19:00:00.1234567Z', '2031-07-01T19:00:00.1234567Z'],
  ['2031-07-01T19:00:00.123456789Z', '2031-07-01T19:00:00.1234567Z'],
  ['2031-07-01T19:00:00.815319Z', '2031-07-01T19:00:00.815319Z'],
  ['2031-07-01T19:00:10Z', '2031-07-01T19:00:10Z'],
])('a message sent at %s says so as %s', (sentAt, written) => {
  const body = writeEnvelope(aMessage({ sentAt: Temporal.Instant.from(sentAt) }), sender);
  expect(JSON.parse(body).sentTime).toBe(written);
});

it('on a virtual host the destination is there too', () => {
  const body = writeEnvelope(aMessage(), { ...sender, address: 'rabbitmq://mq.example:5671/shop/us' });
  expect(JSON.parse(body).destinationAddress).toBe(
    'rabbitmq://mq.example:5671/shop/Integration.Events.Messaging:EventUpserted',
  );
});

describe('the comparison of shapes notices', () => {
  const good = writeEnvelope(aMessage(), sender);

  it.each<readonly [string, (body: string) => string]>([
    ['a member that is missing', (body) => body.replace('  "faultAddress": null,\n', '')],
    ['a member too many', (body) => body.replace('"expirationTime": null', '"expirationTime": null,\n  "ttl": null')],
    [
      'two members in the other order',
      (body) => body.replace(/( {2}"responseAddress".*\n)( {2}"faultAddress".*\n)/, '$2$1'),
    ],
    [
      'a member of the message in the other order',
      (body) => body.replace(/( {4}"id".*\n)( {4}"eventName".*\n)/, '$2$1'),
    ],
    ['a price that is a number', (body) => body.replace('"25.50"', '25.50')],
    ['a venue that is text', (body) => body.replace('"venue": 5', '"venue": "5"')],
    ['a name in PascalCase', (body) => body.replace('"eventName"', '"EventName"')],
    ['a member of the envelope in PascalCase', (body) => body.replace('"messageId"', '"MessageId"')],
    ['a null that is empty text', (body) => body.replace('"requestId": null', '"requestId": ""')],
    ['a process id that is text', (body) => body.replace('"processId": 4711', '"processId": "4711"')],
    ['a time of sending with an offset', (body) => body.replace('12:00:00.1234567Z', '12:00:00.1234567+00:00')],
    ['a time of sending with a zero at its end', (body) => body.replace('.1234567Z', '.1234560Z')],
    ['a start in UTC', (body) => body.replace('+02:00', 'Z')],
    ['another message type', (body) => body.replace('Messaging:EventUpserted"\n', 'Messaging:EventDeleted"\n')],
    ['another indentation', (body) => body.replaceAll('\n  ', '\n   ')],
    ['no indentation', (body) => JSON.stringify(JSON.parse(body))],
    ['line ends of Windows', (body) => body.replaceAll('\n', '\r\n')],
    ['a line end at the end', (body) => `${body}\n`],
    ['a header of ours that is not known', (body) => body.replace('"TicketBuddy-Version"', '"TicketBuddy-Size"')],
  ])('%s', (_defect, plant) => {
    const bad = plant(good);
    expect(bad).not.toBe(good);
    expect(shapeOf(withoutOurHeaders(bad))).not.toBe(shapeOf(withoutOurHeaders(good)));
  });
});

function aMessage(given: Partial<Message> = {}): Message {
  return {
    id: '98510000-2b52-026c-ebe6-08df49605005',
    urn: eventUrn,
    key: '722c2569-5d40-44c7-8536-7445b3ec5d63',
    version: 3,
    sentAt: Temporal.Instant.from('2026-11-23T12:00:00.1234567Z'),
    body: {
      id: '722c2569-5d40-44c7-8536-7445b3ec5d63',
      eventName: 'Amqp Night',
      startDate: '2031-07-01T19:00:00.1234567+02:00',
      endDate: '2031-07-01T22:00:00+00:00',
      venue: 5,
      price: '25.50',
    },
    ...given,
  };
}

function messageOf({ body }: Recorded): Message {
  const read = readEnvelope(
    { body: Buffer.from(body), receivedAt: Temporal.Instant.from('2031-01-01T00:00Z') },
    { urns },
  );
  if (read.kind !== 'message') throw new Error(`not read: ${read.kind}`);
  return read.message;
}

function bodyText(body: string): string {
  return body.slice(body.indexOf('"message": '), body.indexOf('"expirationTime"'));
}

function pick({ body }: Recorded, names: readonly string[]) {
  const envelope = JSON.parse(body);
  return Object.fromEntries(names.map((name) => [name, envelope[name]]));
}
