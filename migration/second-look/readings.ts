/** What a text that PostgreSQL has written for a value is read as. */
export type ValueKind = 'text' | 'uuid' | 'integer' | 'numeric' | 'timestamptz' | 'boolean' | 'bytea' | 'json';

/** Equal for two texts of one kind if, and only if, they stand for the same value. Throws a RangeError for what is no such value. */
export function readingOf(text: string, kind: ValueKind): string | bigint {
  return readers[kind](text);
}

const readers: Readonly<Record<ValueKind, (text: string) => string | bigint>> = {
  text: (text) => Buffer.from(text, 'utf8').toString('latin1'),
  uuid: readUuid,
  integer: readInteger,
  numeric: readNumeric,
  timestamptz: readTimestamp,
  boolean: readBoolean,
  bytea: readBytes,
  json: readJson,
};

/** Its 128 bits. */
function readUuid(text: string): bigint {
  const digits = text.replaceAll('-', '');
  if (!/^[0-9a-fA-F]{32}$/.test(digits)) throw unreadable('uuid', text);
  return BigInt(`0x${digits}`);
}

function readInteger(text: string): bigint {
  if (!/^-?\d+$/.test(text)) throw unreadable('integer', text);
  return BigInt(text);
}

/** The number as so many units of its last place: 1.50 is 150 hundredths, and not the same as 15 tenths. */
function readNumeric(text: string): string {
  if (text === 'NaN' || text === 'Infinity' || text === '-Infinity') return text;
  const [, sign, whole = '', places = ''] = /^(-?)(\d*)(?:\.(\d*))?$/.exec(text) ?? [];
  if (whole + places === '') throw unreadable('numeric', text);
  const units = BigInt(whole + places) * (sign === '-' ? -1n : 1n);
  return `${units}/10^${places.length}`;
}

const timestamp =
  /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?( BC)?$/;

/** Microseconds since the beginning of 1970 in UTC. */
function readTimestamp(text: string): string | bigint {
  if (text === 'infinity' || text === '-infinity') return text;
  const parts = timestamp.exec(text);
  if (!parts) throw unreadable('timestamptz', text);
  const number = (nth: number): bigint => BigInt(parts[nth] ?? '0');
  // There is no year 0: 1 BC comes before 1 AD.
  const year = parts[12] ? 1n - number(1) : number(1);
  const seconds = daysSince1970(year, number(2), number(3)) * 86_400n + secondsOf(number(4), number(5), number(6));
  const offset = secondsOf(number(9), number(10), number(11)) * (parts[8] === '-' ? -1n : 1n);
  return (seconds - offset) * 1_000_000n + BigInt((parts[7] ?? '').padEnd(6, '0'));
}

function secondsOf(hours: bigint, minutes: bigint, seconds: bigint): bigint {
  return (hours * 60n + minutes) * 60n + seconds;
}

// Years are taken to begin in March, so that the leap day is the last one. The Gregorian calendar repeats after 400 years.
function daysSince1970(year: bigint, month: bigint, day: bigint): bigint {
  const shifted = month > 2n ? year : year - 1n;
  const cycle = floorDivide(shifted, 400n);
  const yearOfCycle = shifted - cycle * 400n;
  const dayOfYear = (153n * ((month + 9n) % 12n) + 2n) / 5n + day - 1n;
  const dayOfCycle = yearOfCycle * 365n + yearOfCycle / 4n - yearOfCycle / 100n + dayOfYear;
  return cycle * 146_097n + dayOfCycle - 719_468n;
}

function floorDivide(number: bigint, by: bigint): bigint {
  return number >= 0n ? number / by : (number - by + 1n) / by;
}

function readBoolean(text: string): string {
  if (text === 't' || text === 'true') return 'true';
  if (text === 'f' || text === 'false') return 'false';
  throw unreadable('boolean', text);
}

function readBytes(text: string): string {
  if (!/^\\x(?:[0-9a-fA-F]{2})*$/.test(text)) throw unreadable('bytea', text);
  return Buffer.from(text.slice(2), 'hex').toString('latin1');
}

type NumberText = { readonly source?: string };

/** By its members, in whatever order; numbers by their digits, which a float would round. */
function readJson(text: string): string {
  const value: unknown = JSON.parse(text, (_name, member: unknown, context?: NumberText) =>
    typeof member === 'number'
      ? { number: context?.source ?? '' }
      : typeof member === 'string'
        ? { text: member }
        : member,
  );
  return JSON.stringify(value, (_name, member: unknown) => (isRecord(member) ? membersOf(member) : member));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// No array begins with a bare text, so that no members are not the same as no items.
function membersOf(record: Readonly<Record<string, unknown>>): unknown[] {
  return ['members', ...Object.entries(record).toSorted(([one], [other]) => (one < other ? -1 : 1))];
}

function unreadable(kind: ValueKind, text: string): RangeError {
  return new RangeError(`${JSON.stringify(text)} is no ${kind}`);
}
