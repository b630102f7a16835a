import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { runNode } from '../check/run.ts';

export type Drift = {
  readonly file: string;
  readonly rule: 'tables-missing' | 'tables-drift';
  readonly difference: readonly string[];
};

/** The contexts that have tables; each has a schema of its own name. */
export function listContexts(root: string): string[] {
  const folders = globSync('contexts/*/migrations', { cwd: root }).map((path) => path.split(/[\\/]/)[1] ?? '');
  return folders.sort();
}

/** Writes the file of one context and answers its name. Rejects when kysely-codegen fails. */
export async function writeTables(root: string, context: string, url: string): Promise<string> {
  const { code, stdout, stderr } = await generate(root, context, url, ['--log-level', 'error']);
  if (code !== 0) throw new Error(`kysely-codegen failed for ${context}: ${stderr || stdout}`);
  return fileOf(context);
}

/** Nothing when the file of one context is what kysely-codegen would write now. */
export async function verifyTables(root: string, context: string, url: string): Promise<Drift[]> {
  const file = fileOf(context);
  if (!existsSync(join(root, file))) return [{ file, rule: 'tables-missing', difference: [] }];
  const { code, stdout, stderr } = await generate(root, context, url, ['--verify', '--log-level', 'error']);
  if (code === 0) return [];
  if (!stderr.includes('not up-to-date')) throw new Error(`kysely-codegen failed for ${context}: ${stderr || stdout}`);
  return [{ file, rule: 'tables-drift', difference: readDifference(`${stdout}\n${stderr}`) }];
}

function readDifference(report: string): string[] {
  const lines = report.split('\n').filter((line) => /^ {2}[-+]/.test(line));
  return lines.map((line) => `${line[2] === '-' ? 'database' : 'file'}: ${line.slice(3).trim()}`);
}

function fileOf(context: string): string {
  return `contexts/${context}/tables.gen.ts`;
}

// pg cannot write a Temporal.Instant, so times are inserted as text; pools read int8 as number (see createPool).
const typeMapping = { timestamptz: 'ColumnType<Temporal.Instant, string, string>', int8: 'number' };

function generate(root: string, context: string, url: string, options: readonly string[]) {
  return runNode(root, 'node_modules/kysely-codegen/dist/cli/bin.js', [
    ...['--dialect', 'postgres', '--url', url, '--out-file', join(root, fileOf(context))],
    ...['--default-schema', context, '--include-pattern', `${context}.*`],
    ...['--type-mapping', JSON.stringify(typeMapping), '--numeric-parser', 'string', ...options],
  ]);
}
