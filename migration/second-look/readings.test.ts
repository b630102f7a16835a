import { testDatabase } from '@ticketbuddy/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readingOf, type ValueKind } from './readings.ts';

test.each<[ValueKind, string, string]>([
  ['uuid', '00000000-0000-0000-0000-00000000000A', '00000000-0000-0000-0000-00000000000a'],
  ['integer', '-5', '-05'],
  ['numeric', '.50', '0.50'],
  ['timestamptz', '2026-06-01 12:00:00+00', '2026-06-01 14:00:00.000000+02'],
  ['timestamptz', '2026-06-01 12:00:00.5+00', '2026-06-01 17:45:00.500+05:45'],
  ['timestamptz', '1890-01-01 00:00:00+00', '1890-01-01 00:19:32+00:19:32'],
  ['timestamptz', '2026-03-01 00:30:00+00', '2026-02-28 23:30:00-01'],
  ['boolean', 't', 'true'],
  ['bytea', '\\xAB', '\\xab'],
  ['json', '{"a": [1, null], "b": "x"}', '{"b":"x","a":[1,null]}'],
])('%s: %s and %s are one value', (kind, one, other) => {
  expect(readingOf(one, kind)).toBe(readingOf(other, kind));
});

test.each<[ValueKind, string, string]>([
  ['text', 'a', 'a '],
  ['text', 'é', 'e\u0301'],
  ['text', '\u{1F600}', '\u{1F601}'],
  ['uuid', '00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-00000000000b'],
  ['integer', '9007199254740993', '9007199254740992'],
  ['numeric', '1.5', '1.50'],
  ['numeric', '0.1', '0.10000000000000000001'],
  ['numeric', '-0.5', '0.5'],
  ['numeric', 'NaN', '0'],
  ['timestamptz', '2026-06-01 12:00:00.000001+00', '2026-06-01 12:00:00+00'],
  ['timestamptz', '0001-01-01 00:00:00+00', '0001-01-01 00:00:00+00 BC'],
  ['timestamptz', 'infinity', '9999-12-31 23:59:59.999999+00'],
  ['bytea', '\\x00', '\\x'],
  ['json', '{"a": 1}', '{"a": "1"}'],
  ['json', '{"a": 1.0}', '{"a": 1}'],
  ['json', '{"a": 9007199254740993}', '{"a": 9007199254740992}'],
  ['json', '{"a": {"number": "1"}}', '{"a": 1}'],
  ['json', '[["a", 1]]', '{"a": 1}'],
  ['json', '{"a": null}', '{}'],
  ['json', '{}', '[]'],
])('%s: %s and %s are two', (kind, one, other) => {
  expect(readingOf(one, kind)).not.toBe(readingOf(other, kind));
});

test.each<[ValueKind, string]>([
  ['uuid', 'abc'],
  ['integer', '1.0'],
  ['numeric', ''],
  ['numeric', '1e5'],
  ['timestamptz', '2026-06-01 12:00:00'],
  ['timestamptz', '2026-06-01T12:00:00+00'],
  ['boolean', 'yes'],
  ['bytea', 'abc'],
])('%s: what is no such value is not guessed: %s', (kind, text) => {
  expect(() => readingOf(text, kind)).toThrow(RangeError);
});

test('of any two moments it tells the difference that PostgreSQL tells', async () => {
  const { pool } = await testDatabase();
  const moment = fc.bigInt({ min: -210_000_000_000_000_000n, max: 9_000_000_000_000_000_000n });
  const moments = fc.sample(moment, { numRuns: 2_000, seed: 1 });
  const { rows } = await pool.query(
    `select at::text as text, (extract(epoch from at) * 1000000)::numeric(30)::text as micros
     from unnest($1::numeric[]) as n, lateral (select '1970-01-01Z'::timestamptz + (n::text || ' microseconds')::interval as at) as a`,
    [moments.map(String)],
  );
  expect(rows.filter(({ text, micros }) => readingOf(text, 'timestamptz') !== BigInt(micros))).toEqual([]);
  expect(rows).toHaveLength(2_000);
});
