import { describe, expect, test } from 'vitest';
import { type Direction, directionsOf, findBreaches } from './compatibility.ts';
import type { Schema } from './schema-files.ts';

const string = { type: 'string' };
const number = { type: 'number' };
const integer = { type: 'integer' };

/** A change, and the rule it breaks for those who send to us and for those who read what we send. */
type Change = readonly [
  fact: string,
  before: Schema,
  after: Schema,
  accepted: string | undefined,
  sent: string | undefined,
];

const changes: readonly Change[] = [
  [
    'a reworded description',
    { ...string, description: 'a' },
    { ...string, title: 'T', examples: ['x'] },
    undefined,
    undefined,
  ],
  ['a removed member', object({ a: string, b: string }), object({ a: string }), 'member-removed', 'member-removed'],
  ['a removed required member', object({ a: string }, 'a'), object({}), 'member-removed', 'member-removed'],
  ['a renamed member', object({ a: string }), object({ A: string }), 'member-removed', 'member-removed'],
  ['a new optional member', object({ a: string }), object({ a: string, b: number }), undefined, undefined],
  ['a new required member', object({}), object({ a: string }, 'a'), 'member-required', undefined],
  ['a member that became required', object({ a: string }), object({ a: string }, 'a'), 'member-required', undefined],
  ['a member that became optional', object({ a: string }, 'a'), object({ a: string }), undefined, 'member-optional'],
  ['a wider type', integer, number, undefined, 'type-widened'],
  ['a narrower type', number, integer, 'type-narrowed', undefined],
  ['another type', string, number, 'type-narrowed', 'type-widened'],
  ['a type that is no longer named', string, {}, undefined, 'type-widened'],
  ['a type that became named', {}, string, 'type-narrowed', undefined],
  ['a type that may now be null', string, { type: ['string', 'null'] }, undefined, 'type-widened'],
  ['a new value of an enum', list('a'), list('a', 'b'), undefined, 'value-added'],
  ['a removed value of an enum', list('a', 'b'), list('a'), 'value-removed', undefined],
  ['values in another order', list('a', 'b'), list('b', 'a'), undefined, undefined],
  ['an enum that became any string', list('a'), string, undefined, 'value-added'],
  ['a string that became an enum', string, list('a'), 'value-removed', undefined],
  ['another constant', { const: 1 }, { const: 2 }, 'value-removed', 'value-added'],
  [
    'a union of constants that became an enum',
    union({ const: 'a' }, { const: 'b' }),
    list('b', 'a'),
    undefined,
    undefined,
  ],
  [
    'a value less in a union of constants',
    union({ const: 'a' }, { const: 'b' }),
    union({ const: 'a' }),
    'value-removed',
    undefined,
  ],
  ['a higher minimum', { ...number, minimum: 0 }, { ...number, minimum: 1 }, 'bound-tightened', undefined],
  ['a lower minimum', { ...number, minimum: 1 }, { ...number, minimum: 0 }, undefined, 'bound-loosened'],
  ['a minimum that became exclusive', { minimum: 0 }, { exclusiveMinimum: 0 }, 'bound-tightened', undefined],
  ['a new maximum', number, { ...number, maximum: 9 }, 'bound-tightened', undefined],
  ['a dropped maximum', { ...number, maximum: 9 }, number, undefined, 'bound-loosened'],
  ['a maximum that became inclusive', { exclusiveMaximum: 9 }, { maximum: 9 }, undefined, 'bound-loosened'],
  ['a shorter text', { ...string, maxLength: 9 }, { ...string, maxLength: 8 }, 'bound-tightened', undefined],
  ['a text that may be empty', { ...string, minLength: 1 }, string, undefined, 'bound-loosened'],
  ['fewer items', { maxItems: 9 }, { maxItems: 8 }, 'bound-tightened', undefined],
  ['items that may not repeat', {}, { uniqueItems: true }, 'bound-tightened', undefined],
  ['a coarser step', { multipleOf: 0.01 }, { multipleOf: 0.05 }, 'bound-tightened', undefined],
  ['a finer step', { multipleOf: 0.1 }, { multipleOf: 0.01 }, undefined, 'bound-loosened'],
  ['a new pattern', string, { ...string, pattern: 'a' }, 'bound-tightened', undefined],
  ['another pattern', { pattern: 'a' }, { pattern: 'b' }, 'bound-tightened', 'bound-loosened'],
  ['a dropped format', { ...string, format: 'uuid' }, string, undefined, 'bound-loosened'],
  ['narrower items', { items: number }, { items: integer }, 'type-narrowed', undefined],
  ['items of any kind', { items: number }, {}, undefined, 'type-widened'],
  ['a wider first item', { prefixItems: [integer] }, { prefixItems: [number] }, undefined, 'type-widened'],
  ['a new variant', union(string, number), union(string, number, { type: 'null' }), undefined, 'variant-added'],
  ['a variant beside what was one type', string, union(string, { type: 'null' }), undefined, 'variant-added'],
  ['a removed variant', union(string, number), union(string), 'variant-removed', undefined],
  ['variants in another order', union(string, number), union(number, string), undefined, undefined],
  ['a narrower variant', union(string, number), union(string, integer), 'type-narrowed', undefined],
  [
    'a union that became its only variant',
    union({ ...string, minLength: 1 }),
    { ...string, minLength: 1 },
    undefined,
    undefined,
  ],
  ['a narrower part', { allOf: [number] }, { allOf: [integer] }, 'type-narrowed', undefined],
  ['a new part', { allOf: [number] }, { allOf: [number, integer] }, 'keyword-changed', 'keyword-changed'],
  ['an object that became closed', object({}), closed({}), 'members-refused', undefined],
  ['an object that became open', closed({}), object({}), undefined, 'members-allowed'],
  ['a new member of a closed object', closed({}), closed({ a: string }), undefined, 'member-added'],
  [
    'narrower further members',
    { additionalProperties: number },
    { additionalProperties: integer },
    'type-narrowed',
    undefined,
  ],
  ['narrower values of a record', record(number), record(integer), 'type-narrowed', undefined],
  ['a changed default', { default: 1 }, { default: 2 }, 'default-changed', undefined],
  ['a new default', {}, { default: 2 }, undefined, undefined],
  ['a schema that allows nothing', { items: string }, { items: false }, 'value-removed', undefined],
  ['a keyword that is not understood', { not: string }, { not: number }, 'keyword-changed', 'keyword-changed'],
  ['an unheard-of keyword', {}, { sparkle: 1 }, 'keyword-changed', 'keyword-changed'],
];

describe.each(changes)('%s', (_, before, after, accepted, sent) => {
  test(`breaks ${accepted ?? 'nobody'} when accepted`, () => {
    expect(rulesOf(before, after, 'accepted')).toEqual(accepted ? [accepted] : []);
  });

  test(`breaks ${sent ?? 'nobody'} when sent`, () => {
    expect(rulesOf(before, after, 'sent')).toEqual(sent ? [sent] : []);
  });

  test('breaks just as much deep inside a list of objects', () => {
    const deep = (schema: Schema) => ({ type: 'array', items: object({ inner: schema }, 'inner') });
    expect(rulesOf(deep(before), deep(after), 'accepted')).toEqual(accepted ? [accepted] : []);
    expect(rulesOf(deep(before), deep(after), 'sent')).toEqual(sent ? [sent] : []);
  });
});

test('a breach names the place, the rule and the member', () => {
  const before = object({ order: object({ 'a/b': string }) });
  const after = object({ order: object({}) });
  expect(findBreaches(before, after, 'sent')).toEqual([
    { path: '/properties/order/properties/a~1b', rule: 'member-removed', reason: 'a/b is gone' },
  ]);
});

test('every breach of one change is named', () => {
  const before = object({ a: string, b: number }, 'a');
  const after = object({ b: integer, c: string }, 'c');
  expect(rulesOf(before, after, 'accepted')).toEqual(['member-removed', 'type-narrowed', 'member-required']);
});

test('a message travels in both directions, a request and an answer in one', () => {
  expect(directionsOf('messages/event-upserted')).toEqual(['accepted', 'sent']);
  expect(directionsOf('http/requests/change-event')).toEqual(['accepted']);
  expect(directionsOf('http/answers/event')).toEqual(['sent']);
});

function rulesOf(before: Schema, after: Schema, direction: Direction): string[] {
  return findBreaches(before, after, direction).map(({ rule }) => rule);
}

function object(properties: Record<string, Schema>, ...required: string[]): Schema {
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}) };
}

function closed(properties: Record<string, Schema>): Schema {
  return { type: 'object', properties, additionalProperties: false };
}

function record(values: Schema): Schema {
  return { type: 'object', patternProperties: { '^.*$': values } };
}

function list(...values: string[]): Schema {
  return { enum: values };
}

function union(...variants: Schema[]): Schema {
  return { anyOf: variants };
}
