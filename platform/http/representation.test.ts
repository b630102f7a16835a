import { expect, test } from 'vitest';
import { representation } from './representation.ts';

const aPicture = () => {
  const encoded: string[] = [];
  const encode = (coding: string) => {
    encoded.push(coding);
    return Buffer.from(coding);
  };
  return { encoded, answer: representation({ type: 'text/plain', etag: 'v1', headers: { 'x-one': '1' }, encode }) };
};

test('what many are answered with is encoded once in each coding that somebody takes', () => {
  const { encoded, answer } = aPicture();
  const accepted = ['br', 'gzip', 'br', 'br, gzip'];
  const bodies = accepted.map((coding) => answer({ 'accept-encoding': coding }).bytes?.toString());
  expect([bodies, encoded]).toEqual([
    ['br', 'gzip', 'br', 'br'],
    ['br', 'gzip'],
  ]);
});

test('an answer says what it is, in which coding, and on what that depends', () => {
  expect(aPicture().answer({ 'accept-encoding': 'br' }, { 'x-two': '2' }).headers).toEqual({
    'x-one': '1',
    'x-two': '2',
    etag: 'W/"v1"',
    vary: 'accept-encoding',
    'content-type': 'text/plain',
    'content-encoding': 'br',
    'content-length': '2',
  });
});

test('headers of one answer do not stay for the next', () => {
  const { answer } = aPicture();
  const answers = [{ 'x-time': '1' }, undefined, { 'x-time': '2' }].map((more) => answer({}, more));
  expect(answers.map(({ headers }) => headers?.['x-time'])).toEqual(['1', undefined, '2']);
});

test.each(['W/"v1"', '"v1"', '"v0", W/"v1"', '*', ' W/"v1" '])(
  'whoever has %s is told that it is the same',
  (known) => {
    const { encoded, answer } = aPicture();
    expect(answer({ 'if-none-match': known })).toMatchObject({
      status: 304,
      headers: { etag: 'W/"v1"', 'x-one': '1' },
    });
    expect(encoded).toEqual([]);
  },
);

test.each(['W/"v2"', '"v0", "v2"', '', 'v1'])('whoever has %s is sent it', (known) => {
  expect(aPicture().answer({ 'if-none-match': known }).status).toBe(200);
});
