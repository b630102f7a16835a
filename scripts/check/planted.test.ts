import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checks } from './checks.ts';
import { listPlants, tryPlants } from './planted.ts';

const root = join(import.meta.dirname, '../..');
const mayTakeMs = 300_000;

describe.each(checks)('$name', (check) => {
  test('violations are planted', () => {
    expect(listPlants(root, check.name).length).toBeGreaterThan(0);
  });

  test('every planted violation is named, and a tree without sources is refused', { timeout: mayTakeMs }, async () => {
    const results = await tryPlants(root, check, listPlants(root, check.name));
    const missed = results.filter(({ missed }) => missed.length > 0);
    expect(missed.map(({ plant, missed, findings }) => ({ plant, missed, findings }))).toEqual([]);
  });
});
