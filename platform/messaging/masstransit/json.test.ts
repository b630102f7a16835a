import { describe, expect, it } from 'vitest';
import { readJson } from './read-json.ts';
import { writeJson } from './write-json.ts';

describe('JSON is written as .NET writes it', () => {
  // What System.Text.Json of .NET 10 made of the same values, with MassTransit's options.
  it('in every character', () => {
    const value = { 'a\ud800b': 'x\udc00y😀\ud83d', "é<>&'+`/\x7f\u2028": '"\\\b', e: [], o: {} };
    expect(writeJson(value)).toBe(
      String.raw`{
  "a\uFFFDb": "x\uFFFDy\uD83D\uDE00\uFFFD",
  "é<>&'+${'`'}/\u007F\u2028": "\"\\\b",
  "e": [],
  "o": {}
}`,
    );
  });

  it('with its own names for five controls, and upper-case digits for all others', () => {
    const controls = String.fromCharCode(...Array(32).keys());
    expect(writeJson(controls)).toBe(
      String.raw`"\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000B\f\r\u000E\u000F\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F"`,
    );
  });

  it.each([
    ['a letter beyond ASCII', '音', '音'],
    ['a soft hyphen', '\u00ad', '\u00ad'],
    ['the replacement character', '\ufffd', '\ufffd'],
    ['a blank that does not break', '\u00a0', '\\u00A0'],
    ['a wide blank', '\u3000', '\\u3000'],
    ['a byte order mark', '\ufeff', '\\uFEFF'],
    ['a private character', '\ue000', '\\uE000'],
    ['a character that is none', '\u0378', '\\u0378'],
    ['a text that looks escaped', '\\u00a0', '\\\\u00a0'],
  ])('%s', (_what, text, written) => {
    expect(writeJson(text)).toBe(`"${written}"`);
  });
});

describe('JSON is read as MassTransit reads it', () => {
  it.each([
    ['with comments', '/* a */ {"a": 1} // "b"', { a: 1 }],
    ['with a last comma', '{"a": [1, 2, ], "b": ",]", }', { a: [1, 2], b: ',]' }],
    ['with what looks like a comment in a text', '{"a": "/* // */", }', { a: '/* // */' }],
    ['with a byte order mark', '\ufeff[1]', [1]],
  ])('%s', (_what, json, value) => {
    expect(readJson(Buffer.from(json))).toEqual(value);
  });

  it.each([
    ['25.50', 25.5],
    ['12345678901234567.25', '12345678901234567.25'],
    ['0.1234567890123456', 0.1234567890123456],
    ['9007199254740993', '9007199254740993'],
    ['1e400', '1e400'],
    ['-1E2', -100],
  ])('the number %s as %j', (json, value) => {
    expect(readJson(Buffer.from(`{"price":${json}}`))).toEqual({ price: value });
  });

  it.each([
    ['nothing', '', 'The body is empty.'],
    ['blanks', ' \n', 'The body is empty.'],
    ['half an object', '{"messageId":', 'The body is not JSON: '],
    ['something after the end', '{} {}', 'The body is not JSON: '],
    ['a comment only', '// nothing', 'The body is not JSON: '],
    ['a lone surrogate', '{"a":"\\ud800"}', 'A text holds half a character.'],
    ['a name with a lone surrogate', '{"\\ud800":1}', 'A text holds half a character.'],
    ['65 levels', `${'['.repeat(65)}${']'.repeat(65)}`, 'The body is nested deeper than 64.'],
    ['a million levels', `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`, 'The body is nested deeper than 64.'],
    ['an endless text', `"${'\\"'.repeat(100_000)}`, 'The body is not JSON: '],
    ['endless comments', '/*'.repeat(100_000), 'The body is not JSON: '],
  ])('but %s is refused', (_what, json, reason) => {
    expect(() => readJson(Buffer.from(json))).toThrow(reason);
  });

  it('and 64 levels are not', () => {
    expect(() => readJson(Buffer.from(`${'['.repeat(64)}${']'.repeat(64)}`))).not.toThrow();
  });

  it('and bytes that are no UTF-8 are refused', () => {
    expect(() => readJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow('The body is not UTF-8.');
  });
});
