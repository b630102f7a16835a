import { describe, expect, test } from 'vitest';
import { parseVenueFile } from './venue-file.ts';

type Json = Record<string, unknown>;

test('a file without a mistake is read, and what it leaves out has its usual value', () => {
  const [block] = parseVenueFile('o2.json', fileWith({})).blocks;
  expect(block).toMatchObject({ angle: 90, rowSpacing: 0.85, seatSpacing: 0.5, firstRow: 'A', accessible: [] });
});

describe('a file is refused, and the message says where and why:', () => {
  test.each([
    { what: 'no stage', change: { stage: undefined }, message: 'o2.json: (all): must have required properties stage' },
    {
      what: 'a member that nobody knows',
      change: { seats: 10 },
      message: 'o2.json: (all): there is no "seats" here',
    },
    {
      what: 'another capacity than it has seats',
      change: { capacity: 11 },
      message: 'o2.json: capacity: it says 11, but the blocks have 10 seats',
    },
    {
      what: 'the name of another venue',
      change: { name: 'Roundhouse' },
      message: 'o2.json: name: the venue with the number 0 is O2ArenaLondon, not "Roundhouse"',
    },
    {
      what: 'a number that no venue has',
      change: { number: 99 },
      message: 'o2.json: name: the venue with the number 99 is unknown, not "O2ArenaLondon"',
    },
    {
      what: 'a category that is there twice',
      change: { categories: [category, category] },
      message: 'o2.json: categories: there is more than one category "standard"',
    },
    {
      what: 'a price below nothing',
      change: { categories: [{ ...category, pricePercent: -1 }] },
      message: 'o2.json: categories/0/pricePercent: must be >= 0',
    },
  ])('$what', ({ change, message }) => {
    expect(() => parseVenueFile('o2.json', fileWith(change))).toThrow(message);
  });

  test.each([
    { what: 'an unknown category', block: { category: 'gold' }, message: 'there is no category "gold"' },
    { what: 'standing nowhere', block: { at: undefined }, message: 'it stands either "at" a point or "around" one' },
    { what: 'standing twice', block: { around: { x: 0, y: 0 }, radius: 9 }, message: 'it stands either "at"' },
    { what: 'a circle without radius', block: { at: undefined, around: { x: 0, y: 0 } }, message: '"radius" belong' },
    { what: 'seats for another number of rows', block: { seats: [5] }, message: 'it has 2 rows, but seats for 1' },
    { what: 'copies that cannot be numbered', block: { copies: { count: 2 } }, message: 'need a number in the name' },
    {
      what: 'straight rows that turn',
      block: { name: 'S1', copies: { count: 2, turn: 5 } },
      message: 'only what stands "around" a point can turn',
    },
    {
      what: 'an accessible row that is not there',
      block: { accessible: [{ row: 'C' }] },
      message: 'there is no row "C" to have accessible places',
    },
    {
      what: 'accessible seats that are not there',
      block: { accessible: [{ row: 'A', from: 4, to: 6 }] },
      message: 'row "A" has no seats 4 to 6, only 1 to 5',
    },
  ])('a block with $what', ({ block: change, message }) => {
    const text = fileWith({ blocks: [{ ...block, ...change }] });
    expect(() => parseVenueFile('o2.json', text)).toThrow(/^o2\.json: blocks\/0 \("S/);
    expect(() => parseVenueFile('o2.json', text)).toThrow(message);
  });

  test('a member of a block that nobody knows', () => {
    const text = fileWith({ blocks: [{ ...block, colour: 'red' }] });
    expect(() => parseVenueFile('o2.json', text)).toThrow('o2.json: blocks/0: there is no "colour" here');
  });

  test('two blocks of one name', () => {
    const halves = [block, block].map((one) => ({ ...one, rows: 1 }));
    const text = fileWith({ blocks: halves });
    expect(() => parseVenueFile('o2.json', text)).toThrow('o2.json: blocks: there is more than one block "Stalls"');
  });

  test('what is not JSON', () => {
    expect(() => parseVenueFile('o2.json', '{')).toThrow('o2.json: it is not JSON');
  });

  test('all mistakes at once', () => {
    const text = fileWith({ name: 'Roundhouse', capacity: 11 });
    expect(() => parseVenueFile('o2.json', text)).toThrow(/name: .*\n.*capacity: /);
  });
});

const category = { id: 'standard', name: 'Standard', pricePercent: 100 };
const block: Json = { name: 'Stalls', category: 'standard', at: { x: 0, y: 6 }, rows: 2, seats: 5 };

function fileWith(changes: Json): string {
  const named = { number: 0, name: 'O2ArenaLondon', title: 'The O2', capacity: 10, stage: { x: 0, y: 0 } };
  return JSON.stringify({ ...named, categories: [category], blocks: [block], ...changes });
}
