import { Refusal } from '@ticketbuddy/errors';
import { describe, expect, it } from 'vitest';
import type { Converter } from './converters.ts';
import {
  array,
  dateTimeOffset,
  decimal,
  enumeration,
  formatHundredths,
  formatInstant,
  guid,
  isNegative,
  parseDateTimeOffset,
  parseDecimal,
  parsePathGuid,
  readObject,
  text,
  toHundredths,
} from './index.ts';

const _anything = text(() => undefined);
const read = <T>(json: string | Buffer, converter: Converter<T>) =>
  readObject<{ Value: T }>(typeof json === 'string' ? Buffer.from(json) : json, { Value: converter }).Value;

describe('a number', () => {
  it.each([
    ['25', '25.00'],
    ['25.555', '25.56'],
    ['25.545', '25.55'],
    ['25.994999', '25.99'],
    ['25.995', '26.00'],
    ['1e2', '100.00'],
    ['1.50e1', '15.00'],
    ['1E-2', '0.01'],
    ['1e-30', '0.00'],
    ['-0', '0.00'],
    ['0e99999', '0.00'],
    ['1e-99999999999', '0.00'],
    ['-0.005', '-0.01'],
    ['0.00499999999999999999999999999999', '0.01'],
    ['79228162514264337593543950335', '79228162514264337593543950335.00'],
    ['79228162514264337593543950335.4', '79228162514264337593543950335.00'],
    ['1.12345678901234567890123456789', '1.12'],
    [`0.${'0'.repeat(100_000)}1`, '0.00'],
    [`1.${'0'.repeat(100_000)}1`, '1.00'],
  ])('%s counts as %s pounds', (json, pounds) => {
    const value = read(`{"Value":${json}}`, decimal);
    const pence = value ? toHundredths(value) : undefined;
    expect(`${pence}`).toBe(pounds.replace('.', '').replace(/^(-?)0+(?=\d)/, '$1'));
  });

  it.each(['25.00', '+5', '.5', '5.', '025', '1e2', '-1'])('may be given as the text "%s"', (digits) => {
    expect(read(`{"Value":"${digits}"}`, decimal)).toBeDefined();
  });

  it.each([
    '1e29',
    '1e400',
    '79228162514264337593543950336',
    '79228162514264337593543950335.5',
    '"1e30"',
    '" 25 "',
    '"25,00"',
    '"1,000.00"',
    '""',
    '"."',
    '"1e"',
    '"e5"',
    '"NaN"',
    '"Infinity"',
    '"£25"',
    'null',
    'true',
    '[]',
    '{}',
  ])('is not %s', (json) => {
    expect(() => read(`{"Value":${json}}`, decimal)).toThrow(Refusal);
  });

  it('of a million digits is a number, or too large, like any other', () => {
    expect(toHundredths(parseDecimal(`0.${'7'.repeat(1_000_000)}`) ?? { coefficient: 0n, scale: 0 })).toBe(78n);
    expect(parseDecimal('7'.repeat(1_000_000))).toBeUndefined();
  });

  it('is negative below zero only', () => {
    expect(['-0', '-0.00', '-1e-30', '0', '-0.001'].map((digits) => isNegative(parseDecimal(digits) as never))).toEqual(
      [false, false, false, false, true],
    );
  });

  it('of pence is written with two decimals', () => {
    expect([0, 5, 50, 1230, 2500, -5].map(formatHundredths)).toEqual([
      '0.00',
      '0.05',
      '0.50',
      '12.30',
      '25.00',
      '-0.05',
    ]);
  });
});

describe('a time', () => {
  it.each([
    ['2040-01-01T10:00:00Z', '2040-01-01T10:00:00+00:00'],
    ['2041-01-01T10:00:00+02:00', '2041-01-01T08:00:00+00:00'],
    ['2042-01-01T10:00:00-05:30', '2042-01-01T15:30:00+00:00'],
    ['2043-01-01T10:00:00', '2043-01-01T10:00:00+00:00'],
    ['2044-01-01', '2044-01-01T00:00:00+00:00'],
    ['2045-01-01T10:00', '2045-01-01T10:00:00+00:00'],
    ['2045-01-01T10:00+01', '2045-01-01T09:00:00+00:00'],
    ['2046-01-01T10:00:00.120Z', '2046-01-01T10:00:00.12+00:00'],
    ['2048-01-01T11:00:00.9999999Z', '2048-01-01T11:00:00.999999+00:00'],
    ['2049-01-01T10:00:00.1234567890123456Z', '2049-01-01T10:00:00.123456+00:00'],
    ['2050-01-01T10:00:00+14:00', '2049-12-31T20:00:00+00:00'],
    ['2050-01-01T10:00:00.Z', '2050-01-01T10:00:00+00:00'],
    ['2044-02-29T00:00:00Z', '2044-02-29T00:00:00+00:00'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00+00:00'],
    ['9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59.999999+00:00'],
    ['2050-10-10T10:10:10Z', '2050-10-10T10:10:10+00:00'],
  ])('%s is answered as %s', (given, answered) => {
    expect(formatInstant(read(JSON.stringify({ Value: given }), dateTimeOffset) as Temporal.Instant)).toBe(answered);
  });

  it('is judged to 100 ns', () => {
    const [one, other] = ['2040-01-01T10:00:00.12345678Z', '2040-01-01T10:00:00.1234567Z'].map(parseDateTimeOffset);
    expect(one?.equals(other as Temporal.Instant)).toBe(true);
    expect(one?.equals(parseDateTimeOffset('2040-01-01T10:00:00.1234568Z') as Temporal.Instant)).toBe(false);
  });

  it.each([
    '2051-01-01T10:00:00+15:00',
    '2051-01-01T10:00:00+14:01',
    '2052-01-01T10:00:00+0200',
    '2054-01-01 10:00:00Z',
    '2055-01-01t10:00:00Z',
    '2055-01-01T10:00:00z',
    '2045-02-29T00:00:00Z',
    '2045-02-31',
    '2045-13-01T00:00:00Z',
    '2045-12-01T24:00:00Z',
    '2045-12-31T23:59:60Z',
    '2045-12-31T23:60:00Z',
    'tomorrow',
    '',
    '12/31/2046',
    '2045-1-1',
    '10000-01-01T00:00:00Z',
    '+010000-01-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '2045-01-01T10',
    '2045-01-01T10:00:00.',
    '2045-01-01Z',
    ' 2045-01-01',
    '2049-01-01T10:00:00.12345678901234567Z',
    '2045-01-01T10:00:00+02:60',
    '٢٠٤٥-01-01',
  ])('is not "%s"', (given) => {
    expect(parseDateTimeOffset(given)).toBeUndefined();
  });

  it.each(['null', '1900000000', 'true'])('is not %s', (json) => {
    expect(() => read(`{"Value":${json}}`, dateTimeOffset)).toThrow(Refusal);
  });
});

describe('a name out of a list', () => {
  const fruit = enumeration(['Apple', 'Kiwi']);

  it.each(['"Kiwi"', '"kIWI"', '" Kiwi\\t"', '1', '"1"', '"+1"', '" 01 "'])('may be given as %s', (json) => {
    expect(read(`{"Value":${json}}`, fruit)).toBe('Kiwi');
  });

  it.each([
    '"Pear"',
    '""',
    '" "',
    '2',
    '-1',
    '"7"',
    '1.0',
    '1e0',
    '99999999999',
    '"Apple, Kiwi"',
    '"\u212Aiwi"',
    'null',
    'true',
    '[]',
  ])('is not %s', (json) => {
    expect(() => read(`{"Value":${json}}`, fruit)).toThrow(Refusal);
  });
});

it('a name that has no number is given by name only', () => {
  const fruit = enumeration(['Apple', 'Kiwi'], 1);
  expect([read('{"Value":0}', fruit), read('{"Value":"kiwi"}', fruit)]).toEqual(['Apple', 'Kiwi']);
  expect(() => read('{"Value":1}', fruit)).toThrow(Refusal);
});

it('a name among a million blanks is not searched for minutes', () => {
  expect(() => read(JSON.stringify({ Value: `x${' '.repeat(1_000_000)}x` }), enumeration(['x']))).toThrow(Refusal);
});

describe('an id', () => {
  const id = '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d';

  it('in a body is hyphenated, in any case', () => {
    expect(read(`{"Value":["${id}","${id.toUpperCase()}"]}`, array(guid))).toEqual([id, id]);
    for (const other of [`{${id}}`, id.replaceAll('-', ''), 'abc', '', ` ${id}`]) {
      expect(() => read(JSON.stringify({ Value: other }), guid)).toThrow(Refusal);
    }
  });

  it('in a path may also be bare or in braces', () => {
    const forms = [id, id.toUpperCase(), id.replaceAll('-', ''), `{${id}}`];
    expect(forms.map(parsePathGuid)).toEqual([id, id, id, id]);
    const others = [`(${id})`, `{${id.replaceAll('-', '')}}`, `{${id}`, 'abc', '', `${id}0`, '123'];
    expect(others.map(parsePathGuid)).toEqual(others.map(() => undefined));
  });

  it('that is wrong in a list is found by its path', () => {
    expect(() => read('{"Value":["x"]}', array(guid))).toThrow(expect.objectContaining({ path: '$.Value[0]' }));
  });
});
