import { artefacts } from '@ticketbuddy/contracts';
import { expect, test } from 'vitest';
import { schemaFiles } from './schema-files.ts';

test('a schema is written with its dialect, its id and a title', () => {
  const text = schemaFiles({ 'messages/seat-sold': { type: 'object' } }).get(
    'contracts/schemas/messages/seat-sold.json',
  );
  expect(JSON.parse(text ?? '')).toEqual({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:ticketbuddy:messages/seat-sold',
    title: 'SeatSold',
    type: 'object',
  });
  expect(text?.endsWith('}\n')).toBe(true);
});

test('the order of keywords in the source changes nothing, the order of members is kept', () => {
  const one = { properties: { b: { type: 'string', minLength: 1 }, a: {} }, type: 'object' };
  const two = { type: 'object', properties: { b: { minLength: 1, type: 'string' }, a: {} } };
  const [first, second] = [one, two].map((schema) =>
    schemaFiles({ 'messages/x': schema }).get('contracts/schemas/messages/x.json'),
  );
  expect(first).toBe(second);
  expect(Object.keys(JSON.parse(first ?? '').properties)).toEqual(['b', 'a']);
});

test('a name that says no direction is refused', () => {
  expect(() => schemaFiles({ 'things/seat': {} })).toThrow('things/seat: call it messages/…');
});

test('every artefact of the product can be written', () => {
  expect(schemaFiles(artefacts).size).toBe(Object.keys(artefacts).length);
});
