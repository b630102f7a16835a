import { Refusal } from '@ticketbuddy/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Converter } from './converters.ts';
import { readObject, text } from './index.ts';

const anything = text(() => undefined);
const read = <T>(json: string | Buffer, converter: Converter<T>) =>
  readObject<{ Value: T }>(typeof json === 'string' ? Buffer.from(json) : json, { Value: converter }).Value;

describe('an object', () => {
  it.each([
    ['member names in any case', '{"vALUE":"a"}', 'a'],
    ['unknown members', '{"x":{"y":[1,{}]},"Value":"a"}', 'a'],
    ['the last of a member given twice', '{"Value":"a","value":"b"}', 'b'],
    ['a byte order mark', '\uFEFF{"Value":"a"}', 'a'],
    ['escapes in names and values', '{"\\u0056alue":"\\u00e9\\n\\ud83d\\ude00"}', 'é\n😀'],
    ['blanks between everything', ' \t\r\n{ "Value" : "a" } \n', 'a'],
    ['null as no text', '{"Value":null}', ''],
    ['a missing member', '{}', undefined],
    ['nesting of 32', `{"x":${'['.repeat(31)}${']'.repeat(31)}}`, undefined],
    ['half a character in a member nobody reads', '{"x":"\\ud800"}', undefined],
  ])('may have %s', (_what, json, value) => {
    expect(read(json, anything)).toBe(value);
  });

  it.each([
    '',
    ' ',
    'null',
    '[]',
    '5',
    '"text"',
    '{',
    '{"Value":"a"',
    '{"Value":"a",}',
    '{"Value":"a"}x',
    "{'Value':'a'}",
    '{/*x*/"Value":"a"}',
    '{"Value" "a"}',
    '{"Value":"a" "b":1}',
    '{"Value":}',
    '{"Value":"\n"}',
    '{"Value":"\\x"}',
    '{"Value":"\\u12"}',
    '{"Value":5}',
    '{"Value":true}',
    '{"Value":"\\ud800"}',
    '{"Value":"\\udc00\\ud800"}',
    '{"x":01}',
    '{"x":1.}',
    '{"x":.5}',
    '{"x":+1}',
    '{"x":NaN}',
    '{"x":1e}',
    '{"x":tru}',
    '{"x":nul}',
    `{"x":${'['.repeat(32)}${']'.repeat(32)}}`,
    '\uFEFF\uFEFF{}',
    'hello',
  ])('is not %j', (json) => {
    expect(() => read(json, anything)).toThrow(Refusal);
  });

  it('is judged in the order of its text: the first mistake is the one that is told', () => {
    const refuse = text(() => {
      throw new Refusal('rule', 'no', 'refused');
    });
    expect(() => read('{"Value":"","x":', refuse)).toThrow('refused');
    expect(() => read('{"x":,"Value":""}', refuse)).not.toThrow('refused');
  });

  it('that holds bytes which are no UTF-8 is refused where they are read, and only there', () => {
    const bytes = (name: string) =>
      Buffer.concat([Buffer.from(`{"${name}":"`), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(() => read(bytes('Value'), anything)).toThrow(Refusal);
    expect(read(bytes('x'), anything)).toBe(undefined);
    expect(read('{"Value":"\uFFFD"}', anything)).toBe('\uFFFD');
  });

  it('that JSON.parse reads is read alike', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const members = readObject<{ Value: string }>(Buffer.from(`{"x":${json}}`), { Value: anything });
        expect(members).toEqual({});
      }),
    );
  });

  it('that JSON.parse refuses is refused', () => {
    const mutated = fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([json, at, other]) => {
      const place = at % (json.length + 1);
      return `{"x":${json.slice(0, place)}${other}${json.slice(place + 1)}}`;
    });
    fc.assert(
      fc.property(mutated, (json) => {
        const known = isJson(json);
        expect(succeeds(() => readObject(Buffer.from(json), { Value: anything }))).toBe(known);
      }),
      { numRuns: 500 },
    );
  });
});

function isJson(json: string): boolean {
  return succeeds(() => JSON.parse(json));
}

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
