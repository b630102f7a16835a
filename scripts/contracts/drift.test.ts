import { expect, test } from 'vitest';
import { findDrift } from './drift.ts';

const file = 'contracts/schemas/messages/a.json';

test('a schema that was never written is missing', () => {
  expect(findDrift(new Map([[file, '{}']]), new Map())).toMatchObject([{ rule: 'drift-missing', file }]);
});

test('a schema that differs by one character is different', () => {
  expect(findDrift(new Map([[file, '{}\n']]), new Map([[file, '{}']]))).toMatchObject([
    { rule: 'drift-different', file },
  ]);
});

test('a schema without an artefact is extra', () => {
  expect(findDrift(new Map(), new Map([[file, '{}']]))).toMatchObject([{ rule: 'drift-extra', file }]);
});

test('equal schemas have not drifted, and every drift says what to run', () => {
  expect(findDrift(new Map([[file, '{}']]), new Map([[file, '{}']]))).toEqual([]);
  expect(findDrift(new Map(), new Map([[file, '{}']]))[0]?.message).toContain('npm run contracts');
});
