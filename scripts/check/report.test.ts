import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Check, Verdict } from './check.ts';
import { report } from './report.ts';

let printed = '';

beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
});

afterEach(() => vi.restoreAllMocks());

test('a finding is printed with its file, line and rule, and fails the run', async () => {
  const finding = { rule: 'no-cycles', file: 'contexts/users/user.ts', line: 3, message: 'imports itself' };
  expect(await report([aCheck({ saw: '2 files', findings: [finding] })], run)).toBe(false);
  expect(printed).toContain('lint         FAILED 2 files, 1 finding');
  expect(printed).toContain('contexts/users/user.ts:3  no-cycles\n    imports itself');
});

test('a check that breaks fails the run and lets the next one run', async () => {
  const broken: Check = { ...aCheck({ saw: '', findings: [] }), run: () => Promise.reject(new Error('no compiler')) };
  expect(await report([broken, aCheck({ saw: '2 files', findings: [] })], run)).toBe(false);
  expect(printed).toContain('could-not-run\n    no compiler');
  expect(printed).toContain('ok     2 files');
});

test('what was skipped is said', async () => {
  expect(await report([aCheck({ saw: '2 files', findings: [], skipped: 'no commit' })], run)).toBe(true);
  expect(printed).toContain('SKIPPED no commit');
});

function run(check: Check): Promise<Verdict> {
  return check.run('.');
}

function aCheck(verdict: Verdict): Check {
  return { name: 'lint', about: '', run: async () => verdict };
}
