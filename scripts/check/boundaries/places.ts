import { basename, dirname } from 'node:path/posix';
import type { Finding } from '../check.ts';
import type { Package } from '../packages.ts';

const folders = new Set(['contracts', 'platform', 'contexts', 'migration', 'apps', 'testing', 'bench', 'scripts']);

/** Sources outside the tree, which no rule would know, and an `index.ts` anywhere but at a package root. */
export function findMisplaced(sources: readonly string[], packages: readonly Package[]): Finding[] {
  const roots = new Set(packages.map(({ folder }) => folder));
  return sources.flatMap((file) => [...judgeFolder(file), ...judgeIndex(file, roots)]);
}

function judgeFolder(file: string): Finding[] {
  const [folder = ''] = file.split('/');
  if (folder === file || folders.has(folder)) return [];
  return [{ rule: 'unknown-folder', file, message: `${folder}/ is no part of the tree, so no rule holds there` }];
}

function judgeIndex(file: string, roots: ReadonlySet<string>): Finding[] {
  if (!/^index[.][mc]?[jt]sx?$/.test(basename(file)) || roots.has(dirname(file))) return [];
  return [{ rule: 'index-only-at-a-package-root', file, message: 'a barrel below a package root: import the files' }];
}
