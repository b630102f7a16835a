import { venues } from '@ticketbuddy/contracts';
import fc from 'fast-check';

/** A time as it is sent, and as .NET prints it: 7 digits and the offset. */
export type Moment = { readonly text: string; readonly printed: string };
export type Price = { readonly text: string; readonly coefficient: bigint; readonly scale: number };

export type AnyEvent = {
  readonly type: 'EventUpserted';
  readonly id: string;
  readonly eventName: string | null;
  readonly startDate: Moment;
  readonly endDate: Moment;
  readonly venue: number;
  readonly price: Price;
};

export type AnyUser = {
  readonly type: 'UserUpserted';
  readonly id: string;
  readonly fullName: string | null;
  readonly email: string | null;
};

const tick = 100n;
const tickPlaces = 7;
const ticksPerMinute = 600_000_000n;
const minutesMax = 14 * 60;
const [firstTick, lastTick] = ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.9999999Z'].map(
  (text) => Temporal.Instant.from(text).epochNanoseconds / tick,
) as [bigint, bigint];
const coefficientMax = 2n ** 96n - 1n;
const scaleMax = 28;

// .NET takes a time only if both it and the same in UTC are within the years 1 to 9999.
const margin = BigInt(minutesMax) * ticksPerMinute;
const anyMoment: fc.Arbitrary<Moment> = fc.oneof(
  fc
    .tuple(
      fc.bigInt({ min: firstTick + margin, max: lastTick - margin }),
      fc.integer({ min: -minutesMax, max: minutesMax }),
      fc.integer({ min: 0, max: tickPlaces }),
    )
    .map(([ticks, minutes, places]) => momentOf(ticks, minutes, places)),
  fc.tuple(fc.bigInt({ min: firstTick, max: lastTick }), fc.constant(0)).map(([ticks]) => momentOf(ticks, 0, 6)),
  fc.constantFrom(firstTick, lastTick).map((ticks) => momentOf(ticks, 0, tickPlaces)),
);

const anyPrice: fc.Arbitrary<Price> = fc
  .record({
    coefficient: fc.oneof(
      fc.bigInt({ min: -100_000n, max: 1_000_000n }),
      fc.bigInt({ min: -coefficientMax, max: coefficientMax }),
    ),
    scale: fc.oneof(fc.constant(2), fc.integer({ min: 0, max: scaleMax })),
  })
  .map((price) => ({ ...price, text: decimalText(price) }));

/** Well-formed text: words of all alphabets, controls, and what lies beyond the first 65,536 characters. */
export const anyText = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));
/** Halves of characters too, which JavaScript has and JSON in UTF-8 has not. */
export const brokenText = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units));

/** Events and users; `text` makes their names. */
export function anyPeerMessage(text: fc.Arbitrary<string | null>): fc.Arbitrary<AnyEvent | AnyUser> {
  const id = fc.uuid();
  const venue = fc.nat(venues.length - 1);
  const event = { id, eventName: text, startDate: anyMoment, endDate: anyMoment, venue, price: anyPrice };
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ type: fc.constant<'EventUpserted'>('EventUpserted'), ...event }) },
    fc.record({ type: fc.constant<'UserUpserted'>('UserUpserted'), id, fullName: text, email: text }),
  );
}

/** The body as it is sent. */
export function bodyOf(message: AnyEvent | AnyUser): Readonly<Record<string, unknown>> {
  const { type: _type, ...body } = message;
  if (!('price' in body)) return body;
  const { startDate, endDate, price } = body;
  return { ...body, startDate: startDate.text, endDate: endDate.text, price: price.text };
}

/** The body as .NET prints it. */
export function printedBodyOf(message: AnyEvent | AnyUser): Readonly<Record<string, unknown>> {
  if (!('price' in message)) return bodyOf(message);
  return { ...bodyOf(message), startDate: message.startDate.printed, endDate: message.endDate.printed };
}

/** .NET's form of a time: 7 digits, and the offset in numbers. */
export function asPrinted(time: string): string {
  const [, upToSecond, fraction = '', zone] = /^(.{19})(?:\.(\d{1,7}))?(Z|[+-]\d\d:\d\d)$/.exec(time) ?? [];
  if (upToSecond === undefined) return `no time: ${time}`;
  return `${upToSecond}.${fraction.padEnd(tickPlaces, '0')}${zone === 'Z' ? '+00:00' : zone}`;
}

function momentOf(ticks: bigint, minutes: number, places: number): Moment {
  const local = Temporal.Instant.fromEpochNanoseconds((ticks + BigInt(minutes) * ticksPerMinute) * tick);
  const fractionalSecondDigits = places as 0;
  const text = local.toString({ fractionalSecondDigits, roundingMode: 'floor' }).replace('Z', offsetText(minutes));
  return { text, printed: asPrinted(text) };
}

function offsetText(minutes: number): string {
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
}

function decimalText({ coefficient, scale }: { readonly coefficient: bigint; readonly scale: number }): string {
  const digits = String(coefficient)
    .replace('-', '')
    .padStart(scale + 1, '0');
  const [whole, fraction] = [digits.slice(0, digits.length - scale), digits.slice(digits.length - scale)];
  return `${coefficient < 0n ? '-' : ''}${whole}${scale > 0 ? `.${fraction}` : ''}`;
}
