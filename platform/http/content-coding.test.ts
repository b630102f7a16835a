import { expect, test } from 'vitest';
import { codingFor } from './content-coding.ts';

test.each([
  [undefined, 'identity'],
  ['', 'identity'],
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['GZIP', 'gzip'],
  ['br;q=0.5, gzip', 'gzip'],
  ['br;q=0.5, gzip;q=0.5', 'br'],
  ['br;q=0, gzip;q=0', 'identity'],
  ['br;q=0, *', 'gzip'],
  ['*', 'br'],
  ['*;q=0', 'identity'],
  ['identity, br;q=0.9', 'identity'],
  ['identity;q=0', 'identity'],
  ['identity;q=0, gzip;q=0.1', 'gzip'],
  ['gzip ; q=1.0 , br ;q=0.1', 'gzip'],
  ['br;q=nonsense', 'identity'],
  ['deflate, zstd', 'identity'],
] as const)('a client that accepts %s is answered in %s', (accepted, coding) => {
  expect([codingFor(accepted), codingFor(accepted)]).toEqual([coding, coding]);
});
