import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DataFiles } from './embedded-files.ts';

/**
 * Clears away what an owner that was killed has left running or half done. To be called by the folder's owner only.
 * No process is signalled for its pid alone, which may be another's by now: it has to be a PostgreSQL program that
 * works in this very directory.
 */
export async function stopLeftovers(files: DataFiles, onProgress: (step: string) => void): Promise<void> {
  for (const staging of await stagingFolders(files)) {
    await endAll(join(staging, 'data'), undefined);
    await rm(staging, { recursive: true, force: true, maxRetries: 5 });
  }
  const postmaster = readPid(files.pidFile);
  if (!existsSync(files.pidFile) && postgresIn(files.data, postmaster).length === 0) return;
  onProgress('Recovering the database of a process that was killed');
  await endAll(files.data, postmaster);
  // PostgreSQL refuses to start when this file is empty or its pid is anybody's; by now no server of ours has it.
  await rm(files.pidFile, { force: true });
}

async function stagingFolders({ folder, stagingPrefix }: DataFiles): Promise<string[]> {
  const paths = (await readdir(folder)).map((name) => join(folder, name));
  return paths.filter((path) => path.startsWith(stagingPrefix));
}

const msForFastShutdown = 10_000;
const msForQuit = 5_000;

async function endAll(directory: string, postmaster: number | undefined): Promise<void> {
  const running = () => postgresIn(directory, postmaster);
  if (postmaster !== undefined && running().includes(postmaster)) {
    signal(postmaster, 'SIGINT');
    if (await noneWithin(msForFastShutdown, running)) return;
  }
  for (const pid of running()) signal(pid, 'SIGQUIT');
  if (await noneWithin(msForQuit, running)) return;
  for (const pid of running()) signal(pid, 'SIGKILL');
  await noneWithin(msForQuit, running);
}

async function noneWithin(ms: number, running: () => number[]): Promise<boolean> {
  const end = performance.now() + ms;
  while (running().length > 0) {
    if (performance.now() > end) return false;
    await delay(10);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}

/** The PostgreSQL processes that work in `directory`. Without /proc only the postmaster can be told. */
function postgresIn(directory: string, postmaster: number | undefined): number[] {
  if (!existsSync(directory)) return [];
  if (process.platform === 'linux') return pids().filter((pid) => isPostgresIn(directory, pid));
  return postmaster !== undefined && commandOf(postmaster).includes(`-D ${directory} `) ? [postmaster] : [];
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function isPostgresIn(directory: string, pid: number): boolean {
  try {
    const program = basename(readlinkSync(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, '');
    if (program !== 'postgres' && program !== 'initdb') return false;
    const [ours, its] = [statSync(directory), statSync(`/proc/${pid}/cwd`)];
    return ours.dev === its.dev && ours.ino === its.ino;
  } catch {
    // It has ended, or is another user's, whom we may not look at and would not signal.
    return false;
  }
}

function commandOf(pid: number): string {
  try {
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

function readPid(pidFile: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
    return pid > 1 ? pid : undefined;
  } catch {
    // Nothing is left behind: a server that stops in order removes it.
    return undefined;
  }
}
