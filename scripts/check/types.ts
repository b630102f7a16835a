import { realpathSync } from 'node:fs';
import { relative } from 'node:path';
import { type Finding, sawNothing, unseen, type Verdict } from './check.ts';
import { runNode } from './run.ts';
import { isTypeScript, listSources } from './sources.ts';

/** TypeScript's native compiler over the root project, and that it looked at every file. */
export async function checkTypes(root: string): Promise<Verdict> {
  const sources = listSources(root).filter(isTypeScript);
  if (sources.length === 0) return sawNothing('TypeScript files');
  const options = ['--noEmit', '--pretty', 'false', '--listFiles', '-p', 'tsconfig.json'];
  const { code, stdout, stderr } = await runNode(root, 'node_modules/ts7/bin/tsc', options);
  const lines = stdout.split('\n');
  const errors = readErrors(lines);
  const findings = [...errors, ...unseen(sources, listedFiles(root, lines), 'the compiler')];
  if (code !== 0 && errors.length === 0) findings.push({ rule: 'tsc', file: '.', message: stderr || stdout });
  return { saw: `${sources.length} files`, findings };
}

const located = /^(?<file>.+)\((?<line>\d+),\d+\): error (?<rule>TS\d+): (?<message>.*)$/;
const unlocated = /^error (?<rule>TS\d+): (?<message>.*)$/;

function readErrors(lines: readonly string[]): Finding[] {
  return lines.flatMap((text): Finding[] => {
    const {
      file = 'tsconfig.json',
      line,
      rule,
      message = '',
    } = (located.exec(text) ?? unlocated.exec(text))?.groups ?? {};
    if (rule === undefined) return [];
    return [line === undefined ? { rule, file, message } : { rule, file, line: Number(line), message }];
  });
}

function listedFiles(root: string, lines: readonly string[]): ReadonlySet<string> {
  const folder = realpathSync(root);
  return new Set(lines.map((line) => relative(folder, line).replaceAll('\\', '/')));
}
