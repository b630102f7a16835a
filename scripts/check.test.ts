import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runNode } from './check/run.ts';

const root = join(import.meta.dirname, '..');
const check = (...args: string[]) => runNode(root, 'scripts/check.ts', args);

test('an unknown flag is answered with one sentence', async () => {
  expect(await check('--fast')).toEqual({
    code: 1,
    stdout: '',
    stderr: "Unknown option '--fast'; --help says what there is.\n",
  });
});

test('an unknown check is answered with one sentence', async () => {
  const { code, stderr } = await check('--only', 'spelling');
  expect({ code, stderr }).toEqual({ code: 1, stderr: "There is no check 'spelling'; --help says what there is.\n" });
});

test('help names every check and flag', async () => {
  const { code, stdout } = await check('--help');
  expect(code).toBe(0);
  expect(stdout).toMatch(/--only.*--planted.*--since.*types.*lint.*sizes.*boundaries.*dead-code.*contracts.*tables/s);
});

test('a commit that does not exist proves no compatibility', async () => {
  const { code, stdout } = await check('--only', 'contracts', '--since', 'no-such-commit');
  expect(code).toBe(1);
  expect(stdout).toContain('there is no commit no-such-commit here');
});
