import { describe, expect, it } from 'vitest';
import { differencesOf, differencesOfAll } from './test-differences.ts';

const message = { messageId: 'm1', headers: { Key: 'e1' }, message: { venue: 5, price: '25.50', eventName: null } };

describe('the comparison with the real MassTransit names', () => {
  const planted: readonly (readonly [flaw: string, came: object, named: string])[] = [
    [
      'a price that became a number',
      { ...message, message: { ...message.message, price: 25.5 } },
      'm1.message.price: expected "25.50", got 25.5',
    ],
    [
      'a price that lost its scale',
      { ...message, message: { ...message.message, price: '25.5' } },
      'm1.message.price: expected "25.50", got "25.5"',
    ],
    ['a header that was lost', { ...message, headers: {} }, 'm1.headers.Key: expected "e1", got nothing'],
    [
      'a header that nobody sent',
      { ...message, headers: { Key: 'e1', more: true } },
      'm1.headers.more: expected nothing, got true',
    ],
    [
      'a null that became text',
      { ...message, message: { ...message.message, eventName: '' } },
      'm1.message.eventName: expected null, got ""',
    ],
    ['a member that became a list', { ...message, headers: [] }, 'm1.headers: expected {"Key":"e1"}, got []'],
  ];

  it.each(planted)('%s', (_flaw, came, named) => {
    expect(differencesOfAll([message], [{ ...message, ...came }])).toEqual([named]);
  });

  it('a message that never came, one that came twice and one that nobody sent', () => {
    const [first, second] = [message, { ...message, messageId: 'm2' }];
    expect(differencesOfAll([first, second], [first, first, { ...first, messageId: 'm3' }])).toEqual([
      'm1: not expected, or came twice',
      'm3: not expected, or came twice',
      'm2: never came',
    ]);
  });

  it('lists of different length and integers beyond what a number holds', () => {
    expect(differencesOf({ list: [1, 2], ticks: 2n ** 64n }, { list: [1], ticks: 2n ** 64n + 1n })).toEqual([
      'list.1: expected 2, got nothing',
      'ticks: expected 18446744073709551616n, got 18446744073709551617n',
    ]);
  });
});

it('messages in another order are no difference', () => {
  const other = { ...message, messageId: 'm2' };
  expect(differencesOfAll([message, other], [other, message])).toEqual([]);
});
