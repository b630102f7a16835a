import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { memoryFolder } from './memory-folder.ts';

it('what killed runs have left in memory is removed, and what others use stays', async () => {
  const memory = await mkdtemp(join(tmpdir(), 'memory-'));
  const [ofAnother, ofAKilled] = [`ticketbuddy-tests-${process.ppid}`, `ticketbuddy-tests-${2 ** 30}`];
  for (const name of [ofAnother, ofAKilled, 'not ours']) await mkdir(join(memory, name, 'more'), { recursive: true });
  const folder = memoryFolder(memory);
  expect(existsSync(folder)).toBe(true);
  expect((await readdir(memory)).sort()).toEqual(['not ours', ofAnother, `ticketbuddy-tests-${process.pid}`].sort());
});

it('where there is no such memory it is the usual folder', () => {
  expect(memoryFolder('/nowhere')).toBe(tmpdir());
});
