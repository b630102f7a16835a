import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { foreignFolders } from './sources.ts';

/** A package of ours. `folder` is relative to the root and `.` for the root package. */
export type Package = {
  readonly folder: string;
  readonly name: string;
  readonly entries: readonly string[];
  readonly dependencies: ReadonlySet<string>;
  readonly devDependencies: ReadonlySet<string>;
};

/** The root package and every workspace of the tree, the deepest first, so that the first match owns a file. */
export function listPackages(root: string): Package[] {
  return globSync('**/package.json', { cwd: root, exclude: (path) => foreignFolders.test(path) })
    .filter((path) => !foreignFolders.test(path))
    .map((path) => readPackage(root, dirname(path)))
    .sort((a, b) => depth(b.folder) - depth(a.folder));
}

export function packageOf(file: string, packages: readonly Package[]): Package {
  const owner = packages.find(({ folder }) => folder === '.' || file.startsWith(`${folder}/`));
  if (!owner) throw new Error(`${file} belongs to no package: the root has no package.json`);
  return owner;
}

function readPackage(root: string, folder: string): Package {
  const json = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  return {
    folder,
    name: json.name,
    entries: entryFiles(json.exports).map((entry) => join(folder, entry)),
    dependencies: names(json.dependencies, json.optionalDependencies, json.peerDependencies),
    devDependencies: names(json.devDependencies),
  };
}

function entryFiles(exports: unknown): string[] {
  if (typeof exports === 'string') return exports.includes('*') ? [] : [exports];
  if (typeof exports !== 'object' || exports === null) return [];
  return Object.values(exports).flatMap(entryFiles);
}

function names(...lists: readonly (object | undefined)[]): ReadonlySet<string> {
  return new Set(lists.flatMap((list) => Object.keys(list ?? {})));
}

function depth(folder: string): number {
  return folder === '.' ? 0 : folder.split('/').length;
}
