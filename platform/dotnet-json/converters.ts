import { isUtf8 } from 'node:buffer';
import { unreadable } from '@ticketbuddy/errors';
import { parseDateTimeOffset } from './date-time-offset.ts';
import { type Decimal, parseDecimal } from './decimal.ts';
import { parseBodyGuid } from './guid.ts';
import { JsonReader } from './json-reader.ts';

/** Reads one value from where the reader stands, or throws a `Refusal`. */
export type Converter<T> = (reader: JsonReader) => T;

export type Members<T> = { readonly [K in keyof T]: Converter<T[K]> };

const wholeNumber = /^[+-]?\d+$/;

/**
 * Reads a JSON object (UTF-8, a byte order mark allowed): member names in any case, unknown members ignored, a member
 * given twice the last time. Members are converted in the order of the text, so its first mistake is the one thrown.
 * What was not given is missing in the answer.
 */
export function readObject<T extends object>(json: Buffer, members: Members<T>): Partial<T> {
  const damaged = !isUtf8(json);
  const source = json.toString('utf8');
  const reader = new JsonReader(source.startsWith('\uFEFF') ? source.slice(1) : source, damaged);
  const byName = byFoldedName(members);
  const values: Partial<T> = {};
  if (reader.peek() !== 'object') throw notAnObject(reader);
  reader.object((name) => {
    const key = byName.get(fold(name));
    if (key === undefined) reader.skip();
    else values[key] = members[key](reader);
  });
  reader.end();
  return values;
}

/** Text or null (which counts as empty), judged as soon as it is read: `judge` may throw a refusal. */
export function text(judge: (value: string) => void): Converter<string> {
  return (reader) => {
    const value = reader.peek() === 'null' ? emptyOf(reader) : stringOf(reader);
    judge(value);
    return value;
  };
}

export const guid: Converter<string> = (reader) =>
  parseBodyGuid(stringOf(reader)) ?? fail(reader, 'The value is not an id (GUID).');

export const dateTimeOffset: Converter<Temporal.Instant> = (reader) =>
  parseDateTimeOffset(stringOf(reader)) ?? fail(reader, 'The value is not a date and time (ISO 8601).');

export const decimal: Converter<Decimal> = (reader) => {
  const digits = reader.peek() === 'string' ? reader.string() : reader.number();
  return parseDecimal(digits) ?? fail(reader, 'The value is not a number, or not one that a decimal can hold.');
};

/**
 * One of `names`: by name in any case, blanks around it ignored, or by its number, also in a string. Only the first
 * `numbered` of them (all, if not said otherwise) go by a number.
 */
export function enumeration<T extends string>(names: readonly T[], numbered = names.length): Converter<T> {
  const byName = new Map(names.map((name) => [fold(name), name]));
  const byNumber = names.slice(0, numbered);
  return (reader) => {
    const given = reader.peek() === 'string' ? trim(reader.string()) : reader.number();
    const value = wholeNumber.test(given) ? byNumber[Number(given)] : byName.get(fold(given));
    return value ?? fail(reader, `The value is none of: ${names.join(', ')}.`);
  };
}

export function array<T>(item: Converter<T>): Converter<T[]> {
  return (reader) => {
    const values: T[] = [];
    if (reader.peek() !== 'array') fail(reader, 'The value is not a list.');
    reader.array(() => void values.push(item(reader)));
    return values;
  };
}

function stringOf(reader: JsonReader): string {
  return reader.peek() === 'string' ? reader.string() : fail(reader, 'The value is not a text.');
}

function emptyOf(reader: JsonReader): string {
  reader.null();
  return '';
}

function fail(reader: JsonReader, message: string): never {
  throw reader.refuse(message);
}

function notAnObject(reader: JsonReader) {
  reader.skip();
  reader.end();
  return unreadable('$', 'The body is not a JSON object.');
}

// Names are compared as .NET compares them: the letters A–Z in any case, all else exactly (the Kelvin sign is no k).
function fold(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

const blank = /[\t-\r\x85\p{Z}]/u;

// Not by one expression: its search for blanks at the end would begin anew at each blank of a long text.
function trim(value: string): string {
  let [from, to] = [0, value.length];
  while (from < to && blank.test(value.charAt(from))) from += 1;
  while (to > from && blank.test(value.charAt(to - 1))) to -= 1;
  return value.slice(from, to);
}

const foldedNames = new WeakMap<object, Map<string, PropertyKey>>();

function byFoldedName<T extends object>(members: Members<T>): Map<string, keyof T> {
  let names = foldedNames.get(members);
  if (!names) {
    names = new Map(Object.keys(members).map((name) => [fold(name), name]));
    foldedNames.set(members, names);
  }
  return names as Map<string, keyof T>;
}
