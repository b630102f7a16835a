import { expect, test } from 'vitest';
import { standText } from './stand-text.ts';

test('what is copied and which gates are closed is told in one line', () => {
  const status = [
    'events  belongs to legacy, epoch 1',
    '',
    '  to next    following, 0.1 s behind',
    '  copying    Event.Events: 400 of about 20000 rows',
    '  copied     Event.Venues: 5 rows',
    '  gateways   gateway-1',
    '',
    'gates to next',
    '  ✔ worker       it runs',
    '  ✘ copied       400 of about 20000 rows',
    '  ✘ rows agree   nobody has looked yet',
  ].join('\n');
  expect(standText(status)).toBe(
    'copying Event.Events: 400 of about 20000 rows, copied Event.Venues: 5 rows, closed gates: copied, rows agree',
  );
});

test('nothing is told of a unit that has not been started', () => {
  expect(standText('')).toBe('');
});
