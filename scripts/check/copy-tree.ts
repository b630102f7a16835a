import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { listPackages } from './packages.ts';
import { run } from './run.ts';
import { foreignFolders } from './sources.ts';

/**
 * A copy of the tree in a temporary folder, of the files that `wanted` admits. The packages of others are links to the
 * original's; those of ours are links into the copy, or the copy would check the original.
 */
export function copyTree(root: string, wanted: (path: string) => boolean): string {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'ticketbuddy-check-')));
  cpSync(root, copy, {
    recursive: true,
    filter: (source) => {
      const path = relative(root, source).replaceAll('\\', '/');
      return !foreignFolders.test(path) && !path.endsWith('.log') && wanted(path);
    },
  });
  linkOthers(root, copy);
  linkOurs(copy);
  return copy;
}

/** Puts the files of `folder` over the copy, except `committed/`, and links the packages that came with them. */
export function layOver(copy: string, folder: string): void {
  if (!existsSync(folder)) return;
  const committed = join(folder, 'committed');
  cpSync(folder, copy, { recursive: true, filter: (source) => source !== committed });
  linkOurs(copy);
}

/** Makes the copy a git checkout whose last commit is what it holds now. */
export async function commit(copy: string): Promise<void> {
  const settings = [
    'user.name=planted',
    'user.email=planted@localhost',
    'commit.gpgsign=false',
    'core.hooksPath=/dev/null',
  ];
  const git = (...args: string[]) => run('git', [...settings.flatMap((setting) => ['-c', setting]), ...args], copy);
  await git('init', '--quiet');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'Planted');
}

function linkOthers(root: string, copy: string): void {
  mkdirSync(join(copy, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@ticketbuddy') link(join(root, 'node_modules', name), join(copy, 'node_modules', name));
  }
  // Where two packages need different versions of one library, npm puts a second one beside the package.
  for (const { folder } of listPackages(copy)) {
    const own = join(root, folder, 'node_modules');
    if (folder !== '.' && existsSync(own)) link(own, join(copy, folder, 'node_modules'));
  }
}

function linkOurs(copy: string): void {
  for (const { name, folder } of listPackages(copy)) {
    if (!name.startsWith('@ticketbuddy/')) continue;
    const path = join(copy, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    rmSync(path, { force: true });
    link(join(copy, folder), path);
  }
}

function link(target: string, path: string): void {
  symlinkSync(target, path, statSync(target).isDirectory() ? 'junction' : 'file');
}
