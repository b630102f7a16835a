import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Answer, wholeAnswer } from './answer.ts';
import { compareAnswers } from './diff.ts';
import { readJson, writeJson } from './json-text.ts';

const json = { 'content-type': 'application/json; charset=utf-8' };

function anAnswer(body: string, { status = 200, headers = json as Answer['headers'] } = {}): Answer {
  return { status, headers, body: Buffer.from(body) };
}

function told(control: string, candidate: string, key?: string) {
  const differences = compareAnswers(anAnswer(control), anAnswer(candidate), () => key);
  return differences.map(({ kind, at, ...of }) => [kind, at, of.control, of.candidate]);
}

describe('of JSON', () => {
  it.each([
    ['numbers that only look different', '{"Price":25}', '{"Price":25.00}', ['value', '$.Price', '25', '25.00']],
    [
      'numbers beyond what a double holds',
      '[9007199254740993]',
      '[9007199254740992]',
      ['value', '$[0]', '9007199254740993', '9007199254740992'],
    ],
    ['a number and its text', '{"N":1}', '{"N":"1"}', ['type', '$.N', '1', '"1"']],
    ['null and nothing', '{"A":null}', '{}', ['missing', '$.A', 'null', null]],
    ['what came in addition', '{}', '{"B":[1,{}]}', ['extra', '$.B', null, '[1,{}]']],
    ['the order of members', '{"A":1,"B":2}', '{"B":2,"A":1}', ['order', '$', '.A,.B', '.B,.A']],
    ['a member that came twice', '{"A":1,"A":2}', '{"A":1,"A":3}', ['value', '$.A#2', '2', '3']],
    ['strange names', '{"a.b":{"1":true}}', '{"a.b":{"1":false}}', ['value', '$["a.b"]["1"]', 'true', 'false']],
    ['null and the empty text', '{"A":null}', '{"A":""}', ['type', '$.A', 'null', '""']],
    ['the normal form of a text', '["\u00e9"]', '["e\u0301"]', ['value', '$[0]', '"\u00e9"', '"e\u0301"']],
    ['what is no JSON', '{"A":1}', '{"A":1,}', ['text', '$', '{"A":1}', '{"A":1,}']],
  ])('%s are told', (_what, control, candidate, difference) => {
    expect(told(control, candidate)).toEqual([difference]);
  });

  it('items are compared in their order, and a list that is longer says so', () => {
    expect(told('[1,2]', '[2,1]')).toHaveLength(2);
    expect(told('[1,2]', '[1,2,3]')).toEqual([['length', '$', '2', '3']]);
  });

  it('items are found by their key where a rule says so, whatever their order', () => {
    expect(told('[{"Id":1,"N":"a"},{"Id":2,"N":"b"}]', '[{"Id":2,"N":"c"},{"Id":1,"N":"a"}]', 'Id')).toEqual([
      ['value', '$[1].N', '"b"', '"c"'],
    ]);
    expect(told('[{"Id":1}]', '[{"Id":2}]', 'Id')).toEqual([
      ['missing', '$[0]', '{"Id":1}', null],
      ['extra', '$[0]', null, '{"Id":2}'],
    ]);
  });

  it('a key that comes twice is none: the order counts again', () => {
    expect(told('[{"Id":1,"N":1},{"Id":1,"N":2}]', '[{"Id":1,"N":2},{"Id":1,"N":1}]', 'Id')).toHaveLength(2);
  });

  it('blanks and escapes do not matter', () => {
    expect(told('{"A":"\\u0041\\/"}', ' { "A" :\n"A/" } ')).toEqual([]);
  });

  it('the same difference in many items has one path', () => {
    const many = (price: string) => anAnswer(`{"Events":[${Array(9).fill(`{"Price":${price}}`).join()}]}`);
    const paths = compareAnswers(many('1'), many('2')).map(({ path }) => path);
    expect(new Set(paths)).toEqual(new Set(['$.Events[*].Price']));
  });

  it('bytes that are no text are told, although both are shown as the same character', () => {
    const latin = (text: string) => ({ ...anAnswer(''), body: Buffer.from(text, 'latin1') });
    expect(compareAnswers(latin('{"A":"é"}'), latin('{"A":"è"}'))).toMatchObject([{ kind: 'text', path: '$' }]);
  });

  it('a member that comes without end does not hold up the process', () => {
    const members = Array.from({ length: 100_000 }, () => '"A":1').join();
    expect(told(`{${members}}`, `{${members},"A":1}`)).toEqual([['extra', '$.A#100001', null, '1']]);
  });

  it('what JSON.parse takes is taken, value by value, and what it refuses is refused', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', '"', '0', 'x', '\\'), (text, place, damage) => {
        const at = place % (text.length + 1);
        const damaged = text.slice(0, at) + damage + text.slice(at);
        const read = readJson(damaged);
        expect(read !== undefined).toBe(isJson(damaged));
        if (read) expect(JSON.parse(writeJson(read))).toEqual(JSON.parse(damaged));
      }),
      { numRuns: 500 },
    );
  });

  it('what is nested without end is no JSON, instead of the end of the process', () => {
    expect(readJson('['.repeat(200_000))).toBeUndefined();
    expect(readJson(`[${'[],'.repeat(200)}[]]`)).toBeDefined();
  });
});

it('the status and the headers that clients go by are told, the others are not', () => {
  const control = anAnswer('1', {
    headers: { ...json, date: 'Mon', location: '/a', 'cache-control': 'no-cache', 'x-request-id': '1' },
  });
  const candidate = anAnswer('1', { status: 201, headers: { ...json, date: 'Tue', location: '/b', etag: '"1"' } });
  expect(compareAnswers(control, candidate).map(({ path, ...of }) => [path, of.control, of.candidate])).toEqual([
    ['status', '200', '201'],
    ['header cache-control', 'no-cache', null],
    ['header location', '/a', '/b'],
  ]);
});

it('other texts are compared as they are, and the place where they part is shown', () => {
  const headers = { 'content-type': 'text/plain' };
  const [difference] = compareAnswers(
    anAnswer(`${'a'.repeat(500)}b\0`, { headers }),
    anAnswer(`${'a'.repeat(500)}c`, { headers }),
  );
  expect(difference).toMatchObject({
    kind: 'text',
    path: '$',
    control: `${'a'.repeat(40)}b\uFFFD`,
    candidate: `${'a'.repeat(40)}c`,
  });
});

it('a packed answer is the same as one that is not, and one that unpacks without end is too large', () => {
  const packed = { status: 200, headers: { ...json, 'content-encoding': 'gzip' }, body: [gzipSync('[1]')] };
  expect(compareAnswers(wholeAnswer(packed, 1_000) as Answer, anAnswer('[1]'))).toEqual([]);
  expect(wholeAnswer({ ...packed, body: [gzipSync(Buffer.alloc(100_000))] }, 1_000)).toBeUndefined();
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
