import { describe, expect, it } from 'vitest';
import { writeFault, writeReceiveFault } from './fault.ts';
import { errorHeaders, skippedHeaders } from './fault-headers.ts';
import { readEnvelope } from './read-envelope.ts';
import {
  aFailure,
  anErrorHeader,
  faults,
  headerTypes,
  parked,
  type Recorded,
  sender,
  skipped,
  typeOf,
} from './test-recordings.ts';
import { shapeOf } from './test-shape.ts';

const inError = parked.filter(({ exchange }) => exchange.endsWith('_error'));

describe.each(faults.map((fault) => [typeOf(fault), fault] as const))('a recorded %s', (_type, recorded) => {
  const ours = sameFault(recorded);

  it('has the shape of ours', () => {
    expect(shapeOf(ours.body)).toBe(shapeOf(recorded.body));
  });

  it('went to the same exchange with the same properties', () => {
    expect(ours.exchange).toBe(recorded.exchange === 'MassTransit:Fault' ? ours.exchange : recorded.exchange);
    const { headers, ...properties } = ours.properties;
    expect({ ...recorded.properties, headers: undefined }).toEqual({ ...properties, headers: undefined });
    expect(headerTypes(recorded.properties.headers)).toEqual(headerTypes(headers));
  });

  it('tells the same story', () => {
    const { message, sourceAddress, destinationAddress, conversationId, headers } = JSON.parse(recorded.body);
    const told = JSON.parse(ours.body);
    expect(told).toMatchObject({ sourceAddress, destinationAddress, headers });
    expect(told.message).toMatchObject(
      pick(message, ['faultedMessageId', 'faultMessageTypes', 'message', 'contentType']),
    );
    if ('message' in message) expect(told.conversationId).toBe(conversationId);
  });
});

describe('a message in _error', () => {
  it('that could not be read has the recorded headers', () => {
    const unread = inError.filter(({ properties }) => !('MT-Fault-ConsumerType' in properties.headers));
    const headers = errorHeaders(aFailure({ consumed: undefined }), sender);
    expect(unread).toHaveLength(5);
    for (const { properties } of unread) expect(headerTypes(headers)).toEqual(headerTypes(properties.headers));
  });

  it('that could not be consumed has the recorded headers', () => {
    const unconsumed = inError.filter(({ properties }) => 'MT-Fault-ConsumerType' in properties.headers);
    expect(unconsumed).toHaveLength(7);
    for (const { properties, exchange } of unconsumed) {
      const headers = errorHeaders(sameFailure(properties.headers, exchange), sender);
      expect(headerTypes(headers)).toEqual(headerTypes(properties.headers));
      expect(headers).toMatchObject(
        pick(properties.headers, ['MT-Reason', 'MT-Fault-InputAddress', 'MT-Fault-MessageType', 'MT-Fault-RetryCount']),
      );
    }
  });

  it('tells of the innermost cause', () => {
    const error = new Error('outer', { cause: new RangeError('inner') });
    expect(anErrorHeader('MT-Fault-ExceptionType', { error })).toBe('RangeError');
    expect(anErrorHeader('MT-Fault-Message', { error })).toBe('inner');
    expect(anErrorHeader('MT-Fault-StackTrace', { error })).toMatch(/^ {4}at /);
  });

  it('has headers that fit into a frame, whatever was thrown', () => {
    const message = anErrorHeader('MT-Fault-Message', { error: new Error('😀'.repeat(100_000)) });
    expect(String(message).length).toBeLessThanOrEqual(4_000);
    expect(String(message).isWellFormed()).toBe(true);
    expect(anErrorHeader('MT-Fault-Message', { error: 'just text' })).toBe('just text');
    expect(anErrorHeader('MT-Fault-Message', { error: undefined })).toBe('undefined');
  });

  it('may have failed for an error that is its own cause', () => {
    const error = new Error('round and round');
    error.cause = error;
    expect(anErrorHeader('MT-Fault-Message', { error })).toBe('round and round');
  });
});

it('a message in _skipped has the recorded headers', () => {
  expect(skipped).not.toHaveLength(0);
  for (const { properties } of skipped) {
    expect(headerTypes(skippedHeaders(sender))).toEqual(headerTypes(properties.headers));
    expect(properties.headers).toMatchObject({ 'MT-Reason': skippedHeaders(sender)['MT-Reason'] });
  }
});

function sameFault(recorded: Recorded) {
  const { messageId: id, message: fault, sourceAddress, conversationId } = JSON.parse(recorded.body);
  const failure = aFailure({ queue: sourceAddress.split('/').at(-1), error: sameError(fault.exceptions[0]) });
  if (!('message' in fault)) return writeReceiveFault(fault, failure, sender, { id });
  return writeFault(faulted(fault), failure, sender, { id, conversationId });
}

function faulted(fault: {
  readonly faultedMessageId: string;
  readonly faultMessageTypes: readonly string[];
  message: object;
}) {
  const { faultedMessageId: messageId, faultMessageTypes: messageType, message } = fault;
  const body = Buffer.from(JSON.stringify({ messageId, messageType, message }));
  const answer = readEnvelope({ body, receivedAt: aFailure().at }, { urns: messageType });
  if (answer.kind !== 'message') throw new Error('not read');
  return answer.message;
}

type Exception = { readonly message: string; readonly innerException: Exception | null };

function sameError({ message, innerException }: Exception): Error {
  return innerException ? new Error(message, { cause: sameError(innerException) }) : new Error(message);
}

function sameFailure(headers: Readonly<Record<string, unknown>>, exchange: string) {
  const urn = `urn:message:${String(headers['MT-Fault-MessageType']).replace(/\.(?=[^.]*$)/, ':')}`;
  const consumed = { consumer: 'tickets.events', urn, retries: 2 };
  return aFailure({ queue: exchange.replace('_error', ''), consumed });
}

function pick(object: Readonly<Record<string, unknown>>, names: readonly string[]) {
  return Object.fromEntries(names.filter((name) => name in object).map((name) => [name, object[name]]));
}
