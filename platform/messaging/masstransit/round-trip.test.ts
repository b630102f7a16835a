import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Message } from '../message.ts';
import { writeEnvelope } from './envelope.ts';
import { readEnvelope } from './read-envelope.ts';
import { eventUrn, sender } from './test-recordings.ts';

const lastTick = Temporal.Instant.from('9999-12-31T23:59:59.9999999Z').epochNanoseconds / 100n;
const receivedAt = Temporal.Instant.from('2031-01-01T00:00:00Z');

// UTF-16 as it comes: quotes, controls, emoji, and halves of them.
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);
const anyBody = fc.dictionary(
  fc.string({ unit: 'grapheme' }),
  fc.oneof(anyText, fc.jsonValue({ stringUnit: 'binary' }), fc.array(anyText)),
);
const anyMessage: fc.Arbitrary<Message> = fc.record({
  id: fc.uuid(),
  urn: fc.constant(eventUrn),
  key: anyText,
  version: fc.option(fc.maxSafeNat(), { nil: undefined }),
  sentAt: fc.bigInt({ min: 0n, max: lastTick }).map((ticks) => Temporal.Instant.fromEpochNanoseconds(ticks * 100n)),
  body: anyBody,
});

it('what is written is read again: any text, any number, any time to 100 ns; half a character becomes U+FFFD', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const answer = readEnvelope(
        { body: Buffer.from(writeEnvelope(message, sender)), receivedAt },
        { urns: [eventUrn] },
      );
      if (answer.kind !== 'message') throw new Error(JSON.stringify(answer));
      const { sentAt, ...read } = answer.message;
      expect(sentAt.equals(message.sentAt)).toBe(true);
      expect(JSON.stringify({ ...read, sentAt })).toBe(
        wellFormed(JSON.stringify({ ...read, ...sent(message), sentAt })),
      );
    }),
    { numRuns: 2_000 },
  );
});

function sent({ id, urn, key, version, body }: Message) {
  return { id, urn, key, version, body };
}

// JSON.stringify escapes nothing but controls, quotes and lone surrogates; an escaped backslash is passed over.
function wellFormed(json: string): string {
  return json.replace(/\\(?:u(d[89a-f]..)|.)/g, (escaped, half) => (half === undefined ? escaped : '\uFFFD'));
}
