import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { known } from './modules.ts';

it.each(Object.entries(known.numbers))('the README tells of %s and its default', async (name, setting) => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(`| \`${name}\` | \`${setting.default}\` |`);
});
