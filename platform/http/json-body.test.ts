import { Type } from 'typebox';
import { expect, it } from 'vitest';
import { jsonBody } from './json-body.ts';

const seats = Type.Array(Type.Integer({ minimum: 1 }), { maxItems: 1_000, uniqueItems: true });
const read = jsonBody(Type.Object({ buyer: Type.String(), seats }, { additionalProperties: false }));

it('a body that is as it should be is read', () => {
  expect(read(Buffer.from('{"buyer":"ann","seats":[1,2]}'))).toEqual({ buyer: 'ann', seats: [1, 2] });
});

it.each([
  ['{"buyer":"ann","seats":[1,0]}', '$.seats[1]', 'The value must be >= 1.'],
  ['{"buyer":"ann","seats":[1,1]}', '$.seats', 'The value must not have duplicate items.'],
  ['{"buyer":7,"seats":[1]}', '$.buyer', 'The value must be string.'],
  ['{"seats":[1]}', '$', 'The value must have required properties buyer.'],
  ['{"buyer":"ann","seats":[1],"row":2}', '$.row', 'There is no member of this name.'],
  ['{"buyer":"ann","seats":[1],"a/b~":2}', '$.a/b~', 'There is no member of this name.'],
  ['[]', '$', 'The value must be object.'],
  ['{"buyer"', '$', 'The body is not JSON.'],
])('%s is refused with what is wrong in it', (body, path, message) => {
  expect(() => read(Buffer.from(body))).toThrow(expect.objectContaining({ kind: 'unreadable', path, message }));
});

it.each([
  ['{}', { path: '$', message: 'The value must have required properties buyer.' }],
  ['{"buyer":"ann"}', { path: '$', message: 'Either a row or a seat is wanted.' }],
  ['{"buyer":"ann","row":1,"seat":2}', { path: '$', message: 'Either a row or a seat is wanted.' }],
  ['{"buyer":"ann","row":1,"site":2}', { path: '$.site', message: 'There is no member of this name.' }],
])('%s, of a body whose members are counted, is refused in words', (body, said) => {
  const one = Type.Optional(Type.Integer());
  const told = { description: 'Either a row or a seat is wanted.', minProperties: 2, maxProperties: 2 };
  const either = Type.Object({ buyer: Type.String(), row: one, seat: one }, { ...told, additionalProperties: false });
  expect(() => jsonBody(either)(Buffer.from(body))).toThrow(expect.objectContaining(said));
});

it.each([
  ['lists in ten thousand lists', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, '$.seats[0]'],
  ['thirty thousand seats', `[1${',1'.repeat(30_000)}]`, '$.seats'],
])('%s are refused as soon as any other body', (_, list, path) => {
  const body = Buffer.from(`{"buyer":"ann","seats":${list}}`);
  expect(() => read(body)).toThrow(expect.objectContaining({ kind: 'unreadable', path }));
});
