import { randomUUID } from 'node:crypto';
import { EventUpserted, eventUpsertedUrn, UserUpserted, userUpsertedUrn } from '@ticketbuddy/contracts';
import { parseDateTimeOffset, parseDecimal } from '@ticketbuddy/dotnet-json';
import type { PeerMessage, Received } from '@ticketbuddy/testing';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { keyHeader, versionHeader } from './masstransit/envelope.ts';
import { readMembers } from './masstransit/members.ts';
import { traceHeaders } from './masstransit/trace-headers.ts';
import type { Message } from './message.ts';
import {
  type AnyEvent,
  type AnyUser,
  anyPeerMessage,
  anyText,
  asPrinted,
  bodyOf,
  brokenText,
  printedBodyOf,
} from './test-peer-messages.ts';

type AnyMessage = AnyEvent | AnyUser;

const urns = { EventUpserted: eventUpsertedUrn, UserUpserted: userUpsertedUrn };
const schemas = new Map<string, typeof EventUpserted | typeof UserUpserted>([
  [eventUpsertedUrn, EventUpserted],
  [userUpsertedUrn, UserUpserted],
]);

/** A message of ours, and what MassTransit has to tell of it. */
export type Outward = { readonly message: Message; readonly expected: Received };

const lastTick = Temporal.Instant.from('9999-12-31T23:59:59.9999999Z').epochNanoseconds / 100n;

const anyTrace = fc
  .tuple(...[32, 16].map((digits) => fc.stringMatching(new RegExp(`^[1-9a-f][0-9a-f]{${digits - 1}}$`))))
  .map(([trace, span]) => `00-${trace}-${span}-01`);

const anyOutward: fc.Arbitrary<Outward> = fc
  .record({
    content: anyPeerMessage(fc.oneof(anyText, brokenText)),
    key: fc.oneof(fc.uuid(), anyText),
    version: fc.option(fc.maxSafeNat(), { nil: undefined }),
    traceparent: fc.option(anyTrace, { nil: undefined }),
    sentAt: fc.bigInt({ min: 0n, max: lastTick }).map((ticks) => Temporal.Instant.fromEpochNanoseconds(ticks * 100n)),
  })
  .map(({ content, ...rest }) => outwardOf(content, rest));

export function outwardMessages(count: number, seed: number): readonly Outward[] {
  return fc.sample(anyOutward, { numRuns: count, seed });
}

/** One announcement, with a price and a version to recognise. */
export function anAnnouncement({ price, version }: { readonly price: string; readonly version: number }): Outward {
  const moment = { text: '2031-07-01T19:00:00+00:00', printed: '2031-07-01T19:00:00.0000000+00:00' };
  const id = randomUUID();
  const content: AnyEvent = {
    ...{ type: 'EventUpserted', id, eventName: 'Rock Night', startDate: moment, endDate: moment, venue: 5 },
    price: { text: price, coefficient: 0n, scale: 0 },
  };
  return outwardOf(content, { key: id, version, sentAt: Temporal.Instant.from('2026-06-01T12:00:00.1234567Z') });
}

export function anEventAndAUser(): readonly Message[] {
  const { message } = anAnnouncement({ price: '25.50', version: 1 });
  const body = { id: message.key, fullName: 'Ann Example', email: 'ann@example.com' };
  return [message, { ...message, id: randomUUID(), urn: userUpsertedUrn, body }];
}

/** The same for MassTransit to publish. */
export function asPeerMessage({ urn, body }: Message): PeerMessage {
  return { type: urn === eventUpsertedUrn ? 'EventUpserted' : 'UserUpserted', message: body as object };
}

/** Messages for MassTransit to publish. */
export function inwardMessages(count: number, seed: number): readonly AnyMessage[] {
  const text = fc.option(anyText, { nil: null, freq: 20 });
  return fc.sample(anyPeerMessage(text), { numRuns: count, seed });
}

/** What has to come to a consumer of ours of what MassTransit published. */
export function expectedInward(content: AnyMessage, messageId: string) {
  const body = printedBodyOf(content);
  return {
    messageId,
    urn: urns[content.type],
    key: content.id,
    version: undefined,
    body,
    hasAllTexts: !Object.values(body).includes(null),
    ...('price' in content && {
      startsAt: Temporal.Instant.from(content.startDate.text).epochNanoseconds,
      endsAt: Temporal.Instant.from(content.endDate.text).epochNanoseconds,
      price: sameNought(content.price),
    }),
  };
}

/** The message as a context's consumer reads it: by its schema, times and prices parsed. */
export function readInward({ id: messageId, urn, key, version, body: given }: Message) {
  const schema = schemas.get(urn) ?? EventUpserted;
  const body = readMembers(given, schema) as Readonly<Record<string, unknown>>;
  const read = { messageId, urn, key, version, hasAllTexts: Value.Check(schema, body) };
  if (urn !== eventUpsertedUrn) return { ...read, body };
  const [startDate, endDate, price] = [String(body.startDate), String(body.endDate), String(body.price)];
  const decimal = parseDecimal(price);
  return {
    ...read,
    body: { ...body, startDate: asPrinted(startDate), endDate: asPrinted(endDate) },
    startsAt: parseDateTimeOffset(startDate)?.epochNanoseconds,
    endsAt: parseDateTimeOffset(endDate)?.epochNanoseconds,
    price: decimal && sameNought(decimal),
  };
}

function outwardOf(content: AnyMessage, rest: Omit<Message, 'id' | 'urn' | 'body'>): Outward {
  const id = randomUUID();
  const { key, version, sentAt, traceparent } = rest;
  return {
    message: { ...rest, id, urn: urns[content.type], body: bodyOf(content) },
    expected: {
      type: content.type,
      messageId: id,
      conversationId: id,
      sentTime: sentAt.toString({ fractionalSecondDigits: 7 }),
      headers: {
        ...traceHeaders(traceparent),
        [keyHeader]: key,
        ...(version !== undefined && { [versionHeader]: version }),
      },
      message: wellFormed(printedBodyOf(content)),
    },
  };
}

// Half a character cannot be sent: it becomes U+FFFD.
function wellFormed(body: Readonly<Record<string, unknown>>) {
  const members = Object.entries(body).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.toWellFormed() : value,
  ]);
  return Object.fromEntries(members);
}

// A nought is the same in every scale.
function sameNought({ coefficient, scale }: { readonly coefficient: bigint; readonly scale: number }) {
  return { coefficient, scale: coefficient === 0n ? 0 : scale };
}
