import { parseDateTimeOffset } from '@ticketbuddy/dotnet-json';

/** A DateTimeOffset: the instant, to 100 ns, and the offset that its sender wrote, such as `+02:00`. */
export type OffsetTime = { readonly instant: Temporal.Instant; readonly offset: string };

const latest = Temporal.Instant.from('9999-12-31T23:59:59.9999999Z');
const earliest = Temporal.Instant.from('0001-01-01T00:00:00Z');

/** What a date is that was not given. */
export const unset: OffsetTime = { instant: earliest, offset: '+00:00' };

/** Reads a time as System.Text.Json does; `undefined` when it is none. */
export function parseOffsetTime(text: string): OffsetTime | undefined {
  const instant = parseDateTimeOffset(text);
  const [zone = ''] = /(?<=T.*)[+-]\d\d(?::\d\d)?$/.exec(text) ?? [];
  return instant && { instant, offset: zone === '' ? '+00:00' : zone.padEnd(6, ':00') };
}

/** With its own offset and up to 7 digits: `2031-07-01T19:00:00.1234567+02:00`. */
export function formatOffsetTime({ instant, offset }: OffsetTime): string {
  const local = instant.toZonedDateTimeISO(offset).toPlainDateTime();
  return `${local.toString()}${offset}`;
}

/** In UTC, as the legacy answers: `2031-01-02T19:00:00.12+00:00`. */
export function formatUtc(instant: Temporal.Instant): string {
  return instant.toString().replace('Z', '+00:00');
}

/** As the legacy's driver stores a time: to the microsecond, further digits cut, and both ends of time as infinite. */
export function toTimestamp(instant: Temporal.Instant): string {
  if (instant.equals(latest)) return 'infinity';
  if (instant.equals(earliest)) return '-infinity';
  return instant.toString({ smallestUnit: 'microsecond', roundingMode: 'floor' });
}

export function fromTimestamp(text: string): Temporal.Instant {
  if (text === 'infinity') return latest;
  return text === '-infinity' ? earliest : Temporal.Instant.from(text);
}
