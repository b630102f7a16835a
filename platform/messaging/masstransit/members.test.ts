import { expect, it } from 'vitest';
import { readMembers } from './members.ts';

const schema = {
  properties: {
    id: { type: 'string' },
    eventName: { type: 'string' },
    venue: { type: 'integer' },
    price: { type: 'string' },
  },
};

it('members are found in any case of their names, and what the schema does not know is left out', () => {
  expect(readMembers({ ID: 'a', EventName: 'Night', VENUE: 5, price: '1', more: true }, schema)).toEqual({
    id: 'a',
    eventName: 'Night',
    venue: 5,
    price: '1',
  });
});

it('of two members that differ in case only, the last counts', () => {
  expect(readMembers({ price: '1', Price: '2' }, schema)).toEqual({ price: '2' });
});

it('a price keeps its scale as text, and becomes text as a number', () => {
  expect(['25.50', '30', '25.555', 12.5].map((price) => readMembers({ price }, schema))).toEqual(
    ['25.50', '30', '25.555', '12.5'].map((price) => ({ price })),
  );
});

it('a venue that is text stays text, and null stays null', () => {
  expect(readMembers({ venue: 'RoundhouseLondon', eventName: null }, schema)).toEqual({
    venue: 'RoundhouseLondon',
    eventName: null,
  });
});

it('a member called like what every object has is no member', () => {
  expect(readMembers(JSON.parse('{"__proto__":{"id":"x"},"constructor":1}'), schema)).toEqual({});
});

it('a body that is no object stays what it is', () => {
  expect([null, 5, 'a', [1]].map((body) => readMembers(body, schema))).toEqual([null, 5, 'a', [1]]);
});
