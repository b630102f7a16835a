import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newOrderNumber, orderNumberFromInteger, orderNumberToInteger, readOrderNumber } from './order-number.ts';

const anOrderNumber = fc
  .integer({ min: 0, max: 2 ** 25 - 1 })
  .chain((high) => fc.integer({ min: 0, max: 2 ** 25 - 1 }).map((low) => orderNumberFromInteger(high * 2 ** 25 + low)));

test('an order number is ten letters and digits in groups, none of them easily taken for another', () => {
  for (const number of manyNumbers(1_000)) {
    expect(number).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{2}$/);
  }
});

test('no two of 100,000 orders get the same number', () => {
  expect(new Set(manyNumbers(100_000)).size).toBe(100_000);
});

test('every letter and digit comes equally often at every place', () => {
  const counts = new Map<string, number>();
  for (const number of manyNumbers(32_000)) {
    for (const [place, digit] of [...number.replaceAll('-', '')].entries()) {
      counts.set(`${place}${digit}`, (counts.get(`${place}${digit}`) ?? 0) + 1);
    }
  }
  expect(counts.size).toBe(320);
  // A thousand is expected of each; seven standard deviations never happen by chance.
  expect(Math.min(...counts.values())).toBeGreaterThan(780);
  expect(Math.max(...counts.values())).toBeLessThan(1_220);
});

test.each(['7K3M-9QXP-2D', '7k3m-9qxp-2d', '7K3M9QXP2D', ' 7k3m 9qxp 2d\n', '7-K-3-M-9-Q-X-P-2-D'])(
  '%j is read as 7K3M-9QXP-2D',
  (typed) => {
    expect(readOrderNumber(typed)).toBe('7K3M-9QXP-2D');
  },
);

test('O is read as 0, and I and L as 1', () => {
  expect(readOrderNumber('oOiI-lL01-2D')).toBe('0011-1101-2D');
});

test.each([
  { what: 'nothing', typed: '' },
  { what: 'one character too few', typed: '7K3M-9QXP-2' },
  { what: 'one character too many', typed: '7K3M-9QXP-2DA' },
  { what: 'a U, which no number has', typed: '7K3M-9QXP-2U' },
  { what: 'a letter that only looks like one of ours when written large', typed: '7K3M-9QXP-ſD' },
  { what: 'a dotless i', typed: '7K3M-9QXP-ıD' },
  { what: 'a full-width digit', typed: '7K3M-9QXP-\u{FF12}D' },
  { what: 'a number with ten thousand hyphens', typed: `7K3M-9QXP-2D${'-'.repeat(10_000)}` },
])('$what is no order number', ({ typed }) => {
  expect(readOrderNumber(typed)).toBeUndefined();
});

test('an order number is read as itself, and is the same after its way through an integer', () => {
  fc.assert(
    fc.property(anOrderNumber, (number) => {
      expect(readOrderNumber(number)).toBe(number);
      expect(orderNumberFromInteger(orderNumberToInteger(number))).toBe(number);
    }),
  );
  expect(orderNumberToInteger('0000-0000-00')).toBe(0);
  expect(orderNumberToInteger('ZZZZ-ZZZZ-ZZ')).toBe(2 ** 50 - 1);
});

test('an order number in another spelling than ours is not made an integer of', () => {
  expect(() => orderNumberToInteger('7k3m-9qxp-2d')).toThrow('the order number is not as we write it');
});

function manyNumbers(count: number): string[] {
  return Array.from({ length: count }, newOrderNumber);
}
