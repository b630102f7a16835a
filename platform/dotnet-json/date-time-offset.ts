// Up to 16 digits of a second are read, 7 of them count. A bare point before a zone is .NET's leniency.
const iso = /^(\d{4}-\d\d-\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(?!$)(\d{0,16}))?)?(Z|[+-]\d\d(?::\d\d)?)?)?$/;
const earliest = Temporal.Instant.from('0001-01-01T00:00:00Z');
const afterLatest = Temporal.Instant.from('+010000-01-01T00:00:00Z');

/** Reads a time as System.Text.Json reads a DateTimeOffset: to 100 ns, without an offset as UTC; else `undefined`. */
export function parseDateTimeOffset(text: string): Temporal.Instant | undefined {
  const [, date, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = iso.exec(text) ?? [];
  if (date === undefined || hour > '23' || minute > '59' || second > '59' || !isOffset(zone)) return undefined;
  const offset = zone.length === 3 ? `${zone}:00` : zone;
  return instant(`${date}T${hour}:${minute}:${second}.${fraction.slice(0, 7).padEnd(7, '0')}${offset}`);
}

/** UTC with `+00:00`, to the microsecond, further digits and trailing zeros cut: the form of the legacy's answers. */
export function formatInstant(value: Temporal.Instant): string {
  return value.toString({ smallestUnit: 'microsecond', roundingMode: 'floor' }).replace(/\.?0*Z$/, '+00:00');
}

function isOffset(zone: string): boolean {
  if (zone === 'Z') return true;
  const [hours, minutes] = [zone.slice(1, 3), zone.slice(4, 6) || '00'];
  return hours < '14' ? minutes <= '59' : hours === '14' && minutes === '00';
}

function instant(text: string): Temporal.Instant | undefined {
  try {
    const value = Temporal.Instant.from(text);
    const known = Temporal.Instant.compare(value, earliest) >= 0 && Temporal.Instant.compare(value, afterLatest) < 0;
    return known ? value : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
